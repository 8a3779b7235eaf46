import { type Absent, type Digest, indexOf, introduction, type Piece } from "./digest.ts";
import { line } from "./line.ts";

/** Writes a digest as one page without scripts; what documents say stays text. */
export function toHtml(digest: Digest): string {
  const { pieces, lost, skipped, reference } = digest;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>Digest</title>
<style>${style}</style>
</head>
<body>
<header><h1>Digest</h1><p>${text(introduction(digest))}</p></header>
<main>
${pieces.map((piece, place) => article(piece, place, reference)).join("\n")}
</main>
${index(pieces)}${absences("Lost", lost)}${absences("Skipped", skipped)}</body>
</html>
`;
}

const style = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
article { margin: 2rem 0; }
h2 { margin-bottom: 0; font-size: 1.2rem; overflow-wrap: anywhere; }
.path, .terms, .remark { font-size: .85rem; opacity: .75; margin: 0; overflow-wrap: anywhere; }
.remark { font-style: italic; }
.index { columns: 16rem; padding-left: 1rem; }
`;

function article(piece: Piece, place: number, reference: (path: string) => string): string {
  const lines = [
    `<article id="document-${place + 1}">`,
    `<h2>${place + 1}. ${text(piece.title)}</h2>`,
    `<p class="path"><a href="${text(reference(piece.path))}">${text(piece.path)}</a>${piece.cut ? " (only its beginning was read)" : ""}</p>`,
    `<p>${text(piece.summary)}</p>`,
  ];
  if (piece.terms.length > 0) {
    lines.push(
      `<p class="terms">Key terms: ${piece.terms.map(({ term }) => text(term)).join(", ")}</p>`,
    );
  }
  if (piece.remark !== undefined) {
    lines.push(`<p class="remark">The reviewer remarks: ${text(piece.remark)}.</p>`);
  }
  return [...lines, "</article>"].join("\n");
}

function index(pieces: readonly Piece[]): string {
  const entries = indexOf(pieces).map(({ term, places }) => {
    const links = places.map((place) => `<a href="#document-${place + 1}">${place + 1}</a>`);
    return `<li>${text(term)}: ${links.join(", ")}</li>`;
  });
  if (entries.length === 0) return "";
  return `<section><h2>Index of key terms</h2>\n<ul class="index">\n${entries.join("\n")}\n</ul></section>\n`;
}

function absences(title: string, files: readonly Absent[]): string {
  if (files.length === 0) return "";
  const lines = files.map(({ path, why }) => `<li>${text(path)}: ${text(why)}</li>`);
  return `<section><h2>${title}</h2>\n<ul>\n${lines.join("\n")}\n</ul></section>\n`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function text(raw: string): string {
  return line(raw).replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? sign);
}
