import { relative, resolve, sep } from "node:path";

/** Refers to documents from the folder where the digest lies, as a relative URL. */
export function referenceFrom(out: string, base: string): (path: string) => string {
  return (path) => {
    const way = relative(out, resolve(base, path)).split(sep).map(encodeURIComponent).join("/");
    // Without the dot, a file named `javascript:…` would be a scheme.
    return way.startsWith("..") ? way : `./${way}`;
  };
}
