// @ts-check
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { StepFailed } from "./step.mjs";

/**
 * A Debian archive, as the machine itself names it.
 *
 * @typedef {object} Mirror
 * @property {string} uri
 * @property {string | undefined} signedBy The keyring that vouches for it, if one is named.
 */

/**
 * The mirror that the machine's own apt uses: it is the one that can be reached from here.
 *
 * @param {string} folder Usually `/etc/apt`.
 * @returns {Promise<Mirror>}
 */
export async function findDebianMirror(folder) {
  for (const file of await sourceFiles(folder)) {
    const text = await readFile(file, "utf8");
    const mirrors = file.endsWith(".sources") ? fromStanzas(text) : fromLines(text);
    const mirror = mirrors.find(({ uri }) => /^https?:\/\/.*\/debian\/?$/.test(uri));
    if (mirror !== undefined) return mirror;
  }
  throw new StepFailed(`${folder} names no Debian mirror`);
}

/** @param {string} folder */
async function sourceFiles(folder) {
  const parts = join(folder, "sources.list.d");
  const names = await readdir(parts).catch(() => []);
  const listed = names.filter((name) => /\.(list|sources)$/.test(name)).sort();
  const main = (await readdir(folder).catch(() => [])).filter((name) => name === "sources.list");
  return [...main.map((name) => join(folder, name)), ...listed.map((name) => join(parts, name))];
}

/**
 * One-line style: `deb [signed-by=…] URI suite component`.
 *
 * @param {string} text
 * @returns {Mirror[]}
 */
function fromLines(text) {
  return [...text.matchAll(/^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)/gm)].map(([, options, uri]) => ({
    uri: uri ?? "",
    signedBy: /signed-by=(\S+)/.exec(options ?? "")?.[1],
  }));
}

/**
 * The newer style: stanzas of `Field: value`.
 *
 * @param {string} text
 * @returns {Mirror[]}
 */
function fromStanzas(text) {
  return text.split(/\n\s*\n/).map((stanza) => ({
    uri: field(stanza, "URIs"),
    // A key written into the stanza itself is no path; apt's own keyrings must do then.
    signedBy: field(stanza, "Signed-By").startsWith("/") ? field(stanza, "Signed-By") : undefined,
  }));
}

/**
 * @param {string} stanza
 * @param {string} name
 */
function field(stanza, name) {
  return new RegExp(`^${name}:[ \\t]*(\\S+)`, "mi").exec(stanza)?.[1] ?? "";
}
