SHARED = "from another file"
