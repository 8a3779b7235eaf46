import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fromGo } from "../../../setup/steps/go.mjs";
import { emptyMachine, program, script, type TestMachine } from "./machine.ts";

test("without Go nothing is built", async () => {
  await using machine = await emptyMachine();
  await assert.rejects(fromGo.find(program(), machine), { message: "Go is not on PATH" });
});

test("Go builds from the pinned modules, with all its caches inside ours", async () => {
  await using machine = await emptyMachine();
  await fakeGo(machine, "true");
  const file = await fromGo.find(program(), machine);
  assert.equal(file, join(machine.cache, "bin", "nats-server"));
  const seen = await readFile(join(machine.folder, "seen"), "utf8");
  assert.match(seen, new RegExp(`^in ${machine.goModules}$`, "m"));
  assert.match(seen, /^flags -mod=readonly -modcacherw$/m);
  for (const cache of ["mod", "build"]) {
    assert.match(seen, new RegExp(`^${cache} ${join(machine.cache, "go", cache)}$`, "m"));
  }
});

test("what a build has fetched is thrown away when the program is there", async () => {
  await using machine = await emptyMachine();
  await fakeGo(machine, "true", 'mkdir -p "$GOCACHE" "$GOMODCACHE"');
  await fromGo.find(program(), machine);
  assert.deepEqual((await readdir(machine.cache)).sort(), ["bin", "work"]);
});

test("a silent module source is turned off, and is the reason when the build then fails", async () => {
  await using machine = await emptyMachine();
  await fakeGo(machine, "{ echo 'dial tcp: no route' >&2; exit 1; }", "exit 1");
  await assert.rejects(fromGo.find(program(), machine), {
    message: "Go cannot reach its module source: dial tcp: no route",
  });
  assert.match(await readFile(join(machine.folder, "seen"), "utf8"), /^proxy off$/m);
});

test("what Go said last is the reason when it cannot build", async () => {
  await using machine = await emptyMachine();
  await fakeGo(machine, "true", "echo 'invalid go version' >&2; exit 1");
  await assert.rejects(fromGo.find(program(), machine), { message: "invalid go version" });
});

function fakeGo(machine: TestMachine, list: string, build = "true"): Promise<string> {
  machine.env.PATH = `${machine.bin}:/usr/bin:/bin`;
  const result = `printf '#!/bin/sh\\necho nats-server: v2.15.2\\n' > "$4"`;
  return script(
    join(machine.bin, "go"),
    `if [ "$1" = list ]; then ${list}; exit; fi`,
    `{ echo "in $PWD"; echo "flags $GOFLAGS"; echo "mod $GOMODCACHE"; echo "build $GOCACHE"; } > "${machine.folder}/seen"`,
    `echo "proxy $GOPROXY" >> "${machine.folder}/seen"`,
    build,
    result,
  );
}
