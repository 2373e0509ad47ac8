/** The server's other pages, comparisons and prompts: written as Markdown, opened as a rendered preview. */

import * as vscode from 'vscode';

/** Shows one of the server's own pages; false for any other document, which opens as usual. */
export async function showPage(uri: vscode.Uri): Promise<boolean> {
  if (!/\/pages\/[^/]+\.md$/.test(uri.path)) {
    return false;
  }
  await vscode.commands.executeCommand('markdown.showPreviewToSide', uri);
  return true;
}
