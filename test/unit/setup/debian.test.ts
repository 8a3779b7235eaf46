import assert from "node:assert/strict";
import { access, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { findDebianMirror } from "../../../setup/apt-sources.mjs";
import { fromDebian } from "../../../setup/steps/debian.mjs";
import { fromDebianGo } from "../../../setup/steps/debian-go.mjs";
import { emptyMachine, program, script, type TestMachine } from "./machine.ts";

test("the mirror is the one that the machine's own sources name, in either style", async () => {
  await using machine = await emptyMachine();
  const parts = join(machine.aptSources, "sources.list.d");
  await mkdir(parts, { recursive: true });
  await writeFile(join(parts, "a.list"), "# deb\ndeb https://other.invalid/apt main main\n");
  await assert.rejects(findDebianMirror(machine.aptSources), /names no Debian mirror$/);
  const stanza = "Types: deb\nURIs: http://mirror.invalid/debian\nSigned-By: /usr/share/key.gpg\n";
  await writeFile(
    join(parts, "debian.sources"),
    `Types: deb\nURIs: http://x.invalid/y\n\n${stanza}`,
  );
  assert.deepEqual(await findDebianMirror(machine.aptSources), {
    uri: "http://mirror.invalid/debian",
    signedBy: "/usr/share/key.gpg",
  });
  const line = "deb [arch=amd64 signed-by=/etc/key.gpg] http://old.invalid/debian/ stable main\n";
  await writeFile(join(machine.aptSources, "sources.list"), line);
  assert.deepEqual(await findDebianMirror(machine.aptSources), {
    uri: "http://old.invalid/debian/",
    signedBy: "/etc/key.gpg",
  });
});

test("a machine without apt says so", async () => {
  await using machine = await emptyMachine();
  await assert.rejects(fromDebian.find(program(), machine), /has no apt and dpkg$/);
});

test("a program that Debian does not have says so", async () => {
  await using machine = await emptyMachine();
  const other = program({ debianPackage: undefined });
  await assert.rejects(fromDebian.find(other, machine), /Debian has no package of it/);
});

test("a package is unpacked into the cache, with apt's state in a folder that goes away", async () => {
  await using machine = await emptyMachine();
  await fakeApt(machine, { bringsIn: "testing" });
  const file = await fromDebian.find(program(), machine);
  assert.equal(file, join(machine.cache, "bin", "nats-server"));
  await access(file);
  assert.deepEqual(await readdir(join(machine.cache, "work")), []);
});

test("the next suite is asked when one lacks the package", async () => {
  await using machine = await emptyMachine();
  await fakeApt(machine, { bringsIn: "unstable" });
  await access(await fromDebian.find(program(), machine));
});

test("both suites lacking it is one line with both reasons", async () => {
  await using machine = await emptyMachine();
  await fakeApt(machine, { bringsIn: "none" });
  await assert.rejects(fromDebian.find(program(), machine), {
    message: "Debian testing: Unable to locate it; Debian unstable: Unable to locate it",
  });
});

test("Debian's Go builds what Debian does not have", async () => {
  await using machine = await emptyMachine();
  await fakeApt(machine, { bringsIn: "testing" });
  await access(await fromDebianGo.find(program({ debianPackage: undefined }), machine));
});

/** An apt whose package holds both a nats-server and a Go that builds one. */
async function fakeApt(machine: TestMachine, { bringsIn }: { bringsIn: string }): Promise<void> {
  machine.env.PATH = `${machine.bin}:/usr/bin:/bin`;
  await mkdir(machine.aptSources, { recursive: true });
  const source = "deb http://mirror.invalid/debian stable main\n";
  await writeFile(join(machine.aptSources, "sources.list"), source);
  await script(
    join(machine.bin, "apt-get"),
    `[ "$3" = update ] && exit 0`,
    `grep -q " ${bringsIn} main" "$PWD/sources.list" && { : > "$4.deb"; exit 0; }`,
    `echo "E: Unable to locate it" >&2; echo "E: More" >&2; exit 100`,
  );
  await script(join(machine.bin, "apt-cache"), `printf '  Depends: golang-1.30-go\\n'`);
  await script(
    join(machine.bin, "dpkg-deb"),
    `mkdir -p "$3/usr/sbin" "$3/usr/lib/go-1.30/bin"`,
    `printf '#!/bin/sh\\necho nats-server: v2.15.1\\n' > "$3/usr/sbin/nats-server"`,
    `printf '#!/bin/sh\\n[ "$1" = list ] || cp "%s" "$4"\\n' "$PWD/unpacked/usr/sbin/nats-server" > "$3/usr/lib/go-1.30/bin/go"`,
    `chmod +x "$3/usr/sbin/nats-server" "$3/usr/lib/go-1.30/bin/go"`,
  );
}
