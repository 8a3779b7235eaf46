import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, readdir, readFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { deflateRawSync } from "node:zlib";
import { download } from "../../../setup/download.mjs";
import type { Program } from "../../../setup/programs.mjs";
import { fromArchive } from "../../../setup/steps/archive.mjs";
import { unpackFile } from "../../../setup/unpack.mjs";
import { emptyMachine, fakeServer, program, type TestMachine } from "./machine.ts";

test("an archive that matches its digest ends as a program in the cache", async () => {
  await using machine = await emptyMachine();
  const archive = await tarOfServer(machine, "2.15.2");
  await using release = await serve((_request, response) => response.end(archive));
  const file = await fromArchive.find(pinned(release.url, sha256(archive)), machine);
  assert.equal(file, join(machine.cache, "bin", "nats-server"));
  await access(file);
});

test("an archive with another digest is refused and leaves nothing behind", async () => {
  await using machine = await emptyMachine();
  const archive = await tarOfServer(machine, "2.15.2");
  await using release = await serve((_request, response) => response.end(archive));
  const wrong = pinned(release.url, "0".repeat(64));
  await assert.rejects(
    fromArchive.find(wrong, machine),
    /has SHA-256 [0-9a-f]{64}, not the pinned/,
  );
  await assert.rejects(access(join(machine.cache, "bin")));
  assert.deepEqual(await readdir(join(machine.cache, "work")), []);
});

test("without a pinned digest nothing is downloaded", async () => {
  await using machine = await emptyMachine();
  let requests = 0;
  await using release = await serve((_request, response) => {
    requests++;
    response.end();
  });
  const elsewhere = { ...machine, platform: "plan9-mips" };
  await assert.rejects(fromArchive.find(pinned(release.url, "00"), elsewhere), {
    message: "no digest of release 9.9.9 is pinned for plan9-mips",
  });
  assert.equal(requests, 0);
});

test("a program too old inside a matching archive does not reach the cache", async () => {
  await using machine = await emptyMachine();
  const archive = await tarOfServer(machine, "2.1.0");
  await using release = await serve((_request, response) => response.end(archive));
  const old = pinned(release.url, sha256(archive));
  await assert.rejects(fromArchive.find(old, machine), /older than 2\.12\.0/);
  await assert.rejects(access(join(machine.cache, "bin")));
});

test("a refusal, a silence and an unreachable host each give one line", async () => {
  await using machine = await emptyMachine();
  const file = join(machine.folder, "download");
  await using refusing = await serve((_request, response) => response.writeHead(404).end());
  await assert.rejects(download(refusing.url, file), /answered 404$/);
  await using silent = await serve(() => {});
  await assert.rejects(download(silent.url, file, { quietMs: 50 }), /was silent for 0\.05 s$/);
  const closed = await serve(() => {});
  await closed[Symbol.asyncDispose]();
  await assert.rejects(download(closed.url, file), /^Error: 127\.0\.0\.1:\d+ cannot be reached: /);
});

test("a download that stops half-way is given up", async () => {
  await using machine = await emptyMachine();
  await using stalling = await serve((_request, response) => void response.write("half"));
  const file = join(machine.folder, "download");
  await assert.rejects(download(stalling.url, file, { quietMs: 50 }), /was silent/);
});

test("a file is read out of a zip, packed or stored", () => {
  const content = Buffer.from("a program\n".repeat(50));
  for (const isPacked of [true, false]) {
    const zip = zipOf("nats-1.0/nats", content, isPacked);
    assert.deepEqual(unpackFile(zip, "nats"), content);
    assert.throws(() => unpackFile(zip, "other"), /no file named other/);
    assert.throws(() => unpackFile(zip.subarray(0, 40), "nats"), /damaged/);
  }
});

function pinned(url: string, digest: string): Program {
  const sha256 = { "linux-amd64": digest };
  return program({ archive: { version: "9.9.9", url: () => url, sha256 } });
}

async function tarOfServer(machine: TestMachine, version: string): Promise<Buffer> {
  await fakeServer(join(machine.folder, "release", "nats-server-v9", "nats-server"), version);
  const file = join(machine.folder, "release.tar.gz");
  await promisify(execFile)("tar", ["-czf", file, "-C", join(machine.folder, "release"), "."]);
  return readFile(file);
}

function zipOf(path: string, content: Buffer, isPacked: boolean): Buffer {
  const name = Buffer.from(path);
  const data = isPacked ? deflateRawSync(content) : content;
  const common = Buffer.alloc(26);
  common.writeUInt16LE(isPacked ? 8 : 0, 4);
  common.writeUInt32LE(data.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), common, name, data]);
  const tail = Buffer.alloc(14);
  const entry = [Buffer.from("PK\x01\x02\x14\x00", "latin1"), common, tail, name];
  const directory = Buffer.concat(entry);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, directory, end]);
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

async function serve(listener: RequestListener): Promise<AsyncDisposable & { url: string }> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/release`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
