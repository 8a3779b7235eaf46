import { relative, resolve, sep } from "node:path";

/** Refers to documents from the folder where the digest lies, as a relative URL. */
export function referenceFrom(out: string, base: string): (path: string) => string {
  return (path) => {
    const way = relative(out, resolve(base, path)).split(sep).map(encode).join("/");
    // Without the dot, a file named `javascript:…` would be a scheme.
    return way.startsWith("..") ? way : `./${way}`;
  };
}

/** As `encodeURIComponent`, and the signs that end a link in Markdown. */
function encode(part: string): string {
  return encodeURIComponent(part).replaceAll(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
