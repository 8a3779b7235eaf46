import { isMeshError, MeshCode } from "@myelin/mesh";
import { readMeshFile } from "../../../../libs/operate/mesh-file/index.ts";

/** A file that says everything there is to say. */
export const full = `version: 1
workspaces:
  desk:
    guests: true
    agents:
      librarian: { skills: [list, read], publishes: [document.added] }
      summarizer: { skills: [condense], publishes: [summary.made] }
      editor:
        skills: [edit]
        calls: [librarian.*, summarizer.condense, sales/pricer.quote]
        submits: [summarizer.condense]
        publishes: [digest.done]
        hears: [librarian.document.added]
        follows:
          crm: { from: beginning, events: [editor.digest.done] }
        vouches: false
    roles:
      operator: { members: [ops] }
      observer: { members: [eve] }
      keeper: { members: [keeper] }
      gateway: { members: [gateway], calls: ["*"], submits: [], vouches: true }
  sales:
    agents:
      pricer: { skills: [quote] }
    shares:
      - { skill: pricer.quote, with: [desk] }
`;

/** What is wrong with a text, line by line; nothing when it can be read. */
export function complaints(text: string): string[] {
  try {
    readMeshFile(text, "mesh.yaml");
    return [];
  } catch (error) {
    if (!isMeshError(error, MeshCode.InvalidArgument)) throw error;
    return error.detail.split("\n");
  }
}
