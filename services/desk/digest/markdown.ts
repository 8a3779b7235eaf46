import { type Absent, type Digest, indexOf, introduction, type Piece } from "./digest.ts";
import { line } from "./line.ts";

/** Writes a digest as Markdown; what documents say stays text, whatever characters it has. */
export function toMarkdown(digest: Digest): string {
  const { pieces, lost, skipped, reference } = digest;
  const parts = ["# Digest", introduction(digest)];
  for (const [place, piece] of pieces.entries()) parts.push(section(piece, place, reference));
  const entries = indexOf(pieces);
  if (entries.length > 0) {
    const lines = entries.map(({ term, places }) => {
      const links = places.map((place) => `[${place + 1}](#${anchor(place)})`).join(", ");
      return `- ${text(term)}: ${links}`;
    });
    parts.push("## Index of key terms", lines.join("\n"));
  }
  if (lost.length > 0) parts.push("## Lost", absences(lost));
  if (skipped.length > 0) parts.push("## Skipped", absences(skipped));
  return `${parts.join("\n\n")}\n`;
}

function section(piece: Piece, place: number, reference: (path: string) => string): string {
  const parts = [
    `<a id="${anchor(place)}"></a>`,
    `## ${place + 1}. ${text(piece.title)}`,
    `[${text(piece.path)}](<${reference(piece.path)}>)${piece.cut ? " (only its beginning was read)" : ""}`,
    text(piece.summary),
  ];
  if (piece.terms.length > 0) {
    parts.push(`Key terms: ${piece.terms.map(({ term }) => text(term)).join(", ")}`);
  }
  if (piece.remark !== undefined) parts.push(`The reviewer remarks: ${text(piece.remark)}.`);
  return parts.join("\n\n");
}

function absences(files: readonly Absent[]): string {
  return files.map(({ path, why }) => `- ${text(path)}: ${text(why)}`).join("\n");
}

function anchor(place: number): string {
  return `document-${place + 1}`;
}

// CommonMark 2.4: any ASCII punctuation may be escaped; these are the ones that mean something in a line.
const meaningful = /[\\`*_{}[\]<>#|~&!@:$^]/g;
// At the beginning of a line these make lists, quotes and rules.
const leading = /^(\s*)([-+=]|\d+(?=[.)]))/;

/** Text as it is, on one line: no character of it is markup. */
function text(raw: string): string {
  const escaped = line(raw).replaceAll(meaningful, "\\$&");
  return escaped.replace(leading, (_, space: string, mark: string) =>
    /\d/.test(mark) ? `${space}${mark}\u200b` : `${space}\\${mark}`,
  );
}
