// @ts-check
import { basename } from "node:path";
import { gunzipSync, inflateRawSync } from "node:zlib";
import { StepFailed } from "./step.mjs";

const maxBytes = 400_000_000;

/**
 * The content of the one file of that name in a `.tar.gz` or `.zip`. Read here, because a
 * fresh machine has no `unzip`, and because nothing else in the archive is wanted.
 *
 * @param {Buffer} archive
 * @param {string} name
 * @returns {Buffer}
 */
export function unpackFile(archive, name) {
  try {
    const files = archive[0] === 0x1f ? tarFiles(archive) : zipFiles(archive);
    for (const file of files) if (basename(file.path) === name) return file.content();
  } catch (cause) {
    throw new StepFailed(`the archive is damaged: ${String(cause)}`);
  }
  throw new StepFailed(`the archive has no file named ${name}`);
}

/**
 * @param {Buffer} archive
 * @returns {Generator<{ path: string, content: () => Buffer }>}
 */
function* tarFiles(archive) {
  const tar = gunzipSync(archive, { maxOutputLength: maxBytes });
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const size = Number.parseInt(tarText(tar, at + 124, 12), 8);
    if (!Number.isInteger(size)) throw new RangeError("a tar header without a size");
    const kind = tarText(tar, at + 156, 1);
    const start = at + 512;
    if (kind === "0" || kind === "") {
      yield { path: tarText(tar, at, 100), content: () => tar.subarray(start, start + size) };
    }
    at = start + Math.ceil(size / 512) * 512;
  }
}

/**
 * @param {Buffer} tar
 * @param {number} at
 * @param {number} length
 */
function tarText(tar, at, length) {
  const field = tar.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end === -1 ? length : end);
}

/**
 * @param {Buffer} zip
 * @returns {Generator<{ path: string, content: () => Buffer }>}
 */
function* zipFiles(zip) {
  const end = zip.lastIndexOf("PK\x05\x06", undefined, "latin1");
  if (end === -1) throw new RangeError("a zip without a directory");
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const nameLength = zip.readUInt16LE(at + 28);
    const entry = at;
    yield {
      path: zip.toString("utf8", at + 46, at + 46 + nameLength),
      content: () => zipContent(zip, entry),
    };
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
}

/**
 * @param {Buffer} zip
 * @param {number} entry Where the directory describes the file.
 */
function zipContent(zip, entry) {
  const local = zip.readUInt32LE(entry + 42);
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  const packed = zip.subarray(start, start + zip.readUInt32LE(entry + 20));
  const isStored = zip.readUInt16LE(entry + 10) === 0;
  return isStored ? packed : inflateRawSync(packed, { maxOutputLength: maxBytes });
}
