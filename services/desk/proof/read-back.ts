/** One document as it stands in a digest. */
export interface Standing {
  readonly path: string;
  readonly summary: string;
}

const article = /<p class="path"><a href="[^"]*">([^<]*)<\/a>[^<]*<\/p>\n<p>([^<]*)<\/p>/g;

/** Reads a digest's page again, as anybody would who did not write it. */
export function readDigest(html: string): readonly Standing[] {
  return [...html.matchAll(article)].map(([, path = "", summary = ""]) => ({
    path: plain(path),
    summary: plain(summary),
  }));
}

const signs: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
  "&amp;": "&",
};

function plain(text: string): string {
  return text.replaceAll(/&(?:lt|gt|quot|#39|amp);/g, (sign) => signs[sign] ?? sign);
}
