/** A mesh.yaml to begin with: workspaces with one operator each, and an example beside. */
export function starterMesh(workspaces: readonly string[] = ["main"]): string {
  return `${head}${workspaces.map(workspace).join("")}`;
}

const head = `# What this mesh is: who is in it, and what each may ask of whom. \`myelin diff\` shows what would change,
# \`myelin apply\` makes it so.
version: 1
workspaces:
`;

function workspace(name: string): string {
  return `  ${name}:
    # agents:
    #   librarian: { skills: [list, read] }
    #   editor: { skills: [edit], calls: [librarian.read], submits: [librarian.read], publishes: [page.done] }
    #   archive: { skills: [find], follows: { pages: { from: beginning, events: [editor.page.done] } } }
    roles:
      operator: { members: [ops] }
      # What is submitted for later needs one, and so does what a worker leaves behind: \`myelin keeper\`.
      # keeper: { members: [keeper] }
`;
}
