import assert from "node:assert/strict";
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { after, before, test } from "node:test";
import { isMeshError, MeshCode } from "@myelin/mesh";
import type { Finding } from "../../../services/desk/contracts/librarian.ts";
import { findDocuments } from "../../../services/desk/documents/find.ts";
import { listLibrary, readFromLibrary } from "../../../services/desk/documents/library.ts";
import {
  isWithin,
  namedSource,
  packagesSource,
  type Source,
} from "../../../services/desk/documents/sources.ts";

let folder = "";

before(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "myelin-desk-")));
});

after(() => rm(folder, { recursive: true }));

async function write(path: string, content: string | Uint8Array = "text"): Promise<string> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
}

async function found(...sources: Source[]): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of findDocuments(sources)) paths.push(relative(folder, path));
  return paths;
}

test("packages give their README files and their docs folders, in the order of names", async () => {
  for (const path of ["b/README.md", "a/readme.markdown", "a/docs/deep/api.md", "@s/c/Readme"]) {
    await write(`modules/${path}`);
  }
  await write("modules/a/CHANGELOG.md");
  await write("modules/a/LICENSE");
  await write("modules/a/docs/code.js");
  await write("modules/a/lib/readme.js");
  await write("modules/.hidden/README.md");
  assert.deepEqual(await found(await packagesSource(join(folder, "modules"))), [
    "modules/@s/c/Readme",
    "modules/a/docs/deep/api.md",
    "modules/a/readme.markdown",
    "modules/b/README.md",
  ]);
});

test("a named folder gives its text files, but no hidden folders and no installed packages", async () => {
  for (const path of ["one.md", "two.TXT", "sub/three.rst", ".git/four.md", "image.png"]) {
    await write(`named/${path}`);
  }
  await write("named/node_modules/x/README.md");
  const source = await namedSource("named", folder);
  assert.deepEqual(await found(source), ["named/one.md", "named/sub/three.rst", "named/two.TXT"]);
});

test("a named file is read whatever it is called, and once", async () => {
  await write("once/notes.log");
  const source = await namedSource("once/notes.log", folder);
  assert.deepEqual(await found(source, source), ["once/notes.log"]);
});

test("symbolic links below a folder are not followed", async () => {
  const outside = await write("outside/secret.md");
  await write("linked/own.md");
  await symlink(outside, join(folder, "linked", "link.md"));
  await symlink(folder, join(folder, "linked", "loop"));
  assert.deepEqual(await found(await namedSource("linked", folder)), ["linked/own.md"]);
});

test("a path that does not exist is refused by its name", async () => {
  await assert.rejects(namedSource("nowhere.md", folder), (error) => {
    assert.ok(isMeshError(error, MeshCode.InvalidArgument));
    assert.match(error.message, /there is no file or folder .*nowhere\.md/);
    return true;
  });
});

test("a file beside a source is not within it, whatever its name begins with", () => {
  const sources: Source[] = [{ path: "/desk/in", take: "texts" }];
  assert.equal(isWithin("/desk/in/a.md", sources), true);
  assert.equal(isWithin("/desk/in/..a.md", sources), true);
  assert.equal(isWithin("/desk/inside.md", sources), false);
  assert.equal(isWithin("/desk", sources), false);
});

test("the librarian names documents, and skips what is binary, empty or not UTF-8 with the reason", async () => {
  await write("mixed/a.md", "# A\n\nText.");
  await write("mixed/b.md", Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0));
  await write("mixed/c.md", " \n");
  await write("mixed/d.md", Uint8Array.of(0x63, 0x61, 0x66, 0xe9, 0x0a));
  const library = { sources: [await namedSource("mixed", folder)], base: folder };
  const findings: Finding[] = [];
  for await (const finding of listLibrary(library)) findings.push(finding);
  assert.deepEqual(findings, [
    { is: "document", path: "mixed/a.md", bytes: 10 },
    { is: "skipped", path: "mixed/b.md", why: "binary" },
    { is: "skipped", path: "mixed/c.md", why: "empty" },
    { is: "skipped", path: "mixed/d.md", why: "not UTF-8 text" },
  ]);
});

test("the librarian cuts a long document at its bound, also inside a character", async () => {
  await write("long/a.md", `x${"é".repeat(40_000)}`);
  const library = { sources: [await namedSource("long", folder)], base: folder };
  const read = await readFromLibrary(library, "long/a.md");
  assert.ok(read.is === "document");
  assert.equal(read.document.cut, true);
  assert.equal(read.document.bytes, 80_001);
  // 65,536 bytes are one x, 32,767 whole characters, and half of one.
  assert.equal(read.document.text, `x${"é".repeat(32_767)}.`);
});

test("the librarian reads nothing that is not on the desk", async () => {
  const outside = await write("private/key.md", "secret");
  await write("desk/own.md");
  await symlink(outside, join(folder, "desk", "way-out.md"));
  const library = { sources: [await namedSource("desk", folder)], base: folder };
  for (const path of ["private/key.md", "desk/../private/key.md", "desk/way-out.md", outside]) {
    assert.deepEqual(await readFromLibrary(library, path), {
      is: "unreadable",
      why: "it is not on the desk",
    });
  }
});

test("a document that is gone by the time it is read is told so", async () => {
  await write("gone/a.md");
  const library = { sources: [await namedSource("gone", folder)], base: folder };
  await rm(join(folder, "gone/a.md"));
  assert.deepEqual(await readFromLibrary(library, "gone/a.md"), {
    is: "unreadable",
    why: "it is not there",
  });
});

test("a README without a heading is called after its folder", async () => {
  await write("pkg/README.md", "Just text.");
  const library = { sources: [await namedSource("pkg", folder)], base: folder };
  const read = await readFromLibrary(library, "pkg/README.md");
  assert.equal(read.is === "document" && read.document.title, "pkg");
});
