import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError, MeshCode } from "@myelin/mesh";
import { baseOf, natsServerOf } from "../../../services/desk/config.ts";
import { help, readInvocation } from "../../../services/desk/options.ts";
import { readChatServer, readSettings, writeSettings } from "../../../services/desk/settings.ts";

test("without arguments the desk has its defaults", () => {
  assert.deepEqual(readInvocation([], "/here"), {
    is: "run",
    options: {
      named: [],
      out: "/here/out",
      stays: false,
      limit: 1_000,
      maxWords: 60,
      summarizers: 4,
      chaos: undefined,
    },
  });
});

test("every option and every path is taken", () => {
  const args = ["a.md", "--stay", "--out", "o", "--limit", "5", "--words=30", "--summarizers", "3"];
  assert.deepEqual(readInvocation([...args, "b"], "/here"), {
    is: "run",
    options: {
      named: ["a.md", "b"],
      out: "/here/o",
      stays: true,
      limit: 5,
      maxWords: 30,
      summarizers: 3,
      chaos: undefined,
    },
  });
});

test("chaos has the seed that is given, or one of its own", () => {
  const seedOf = (...args: string[]) => {
    const invocation = readInvocation(["--chaos", ...args], "/here");
    assert.ok(invocation.is === "run");
    return invocation.options.chaos?.seed ?? -1;
  };
  assert.equal(seedOf("--seed", "7"), 7);
  assert.equal(seedOf("--seed", "0"), 0);
  assert.ok(seedOf() >= 0);
  assert.notEqual(seedOf(), seedOf());
});

for (const [args, message] of [
  [["--seed", "7"], /--seed is of --chaos; give both or none/],
  [["--chaos", "--seed", "x"], /--seed must be a whole number from 0 to 4294967295, got x/],
  [["--fast"], /Unknown option '--fast'; npm start -- --help tells/],
  [["--limit", "0"], /--limit must be a whole number from 1 to 10000, got 0/],
  [["--limit", "1e3"], /--limit must be a whole number from 1 to 10000, got 1e3/],
  [["--words", "9"], /--words must be a whole number from 10 to 500, got 9/],
  [["--summarizers", "2"], /--summarizers must be a whole number from 3 to 16, got 2/],
  [["--out"], /--out.* argument missing; npm start -- --help tells/],
] as const) {
  test(`${args.join(" ")} is refused with what is allowed`, () => {
    assert.throws(
      () => readInvocation(args, "/here"),
      (error) => {
        assert.ok(isMeshError(error, MeshCode.InvalidArgument));
        assert.match(error.message, message);
        assert.ok(!error.message.includes("\n"));
        return true;
      },
    );
  });
}

test("help names every option", () => {
  assert.deepEqual(readInvocation(["--help"], "/here"), { is: "help" });
  const options = ["--stay", "--out", "--limit", "--words", "--summarizers", "--help"];
  for (const option of [...options, "--chaos", "--seed"]) {
    assert.ok(help.includes(option), option);
  }
});

test("settings reach an agent's process as they were", () => {
  const settings = {
    sources: [{ path: "/a", take: "texts" as const }],
    ...{ base: "/", out: "/out", desk: "00c0ffee", documentsAtOnce: 12 },
  };
  assert.deepEqual(readSettings(writeSettings(settings)), settings);
});

test("an agent that is started without a desk says so", () => {
  for (const env of [{}, { MYELIN_DESK: "{" }, { MYELIN_DESK: "{}" }]) {
    assert.throws(() => readSettings(env), /MYELIN_DESK does not hold the settings of a desk/);
  }
});

test("the model's server is read from the environment, and refused when it is no URL", () => {
  assert.equal(readChatServer({}), undefined);
  assert.equal(readChatServer({ OPENAI_BASE_URL: "" }), undefined);
  const env = { OPENAI_BASE_URL: "http://127.0.0.1:9/v1/", OPENAI_API_KEY: "k", OPENAI_MODEL: "m" };
  assert.deepEqual(readChatServer(env), {
    baseUrl: "http://127.0.0.1:9/v1",
    apiKey: "k",
    model: "m",
  });
  for (const url of ["127.0.0.1:9", "ftp://host/v1", "nonsense"]) {
    assert.throws(() => readChatServer({ OPENAI_BASE_URL: url }), /must be an http or https URL/);
  }
});

test("the nats-server that is named comes before the one that the setup keeps", () => {
  assert.equal(natsServerOf({ MYELIN_NATS_SERVER: "/own/nats-server" }), "/own/nats-server");
});

test("paths are taken from where the person is, also when npm runs the script", () => {
  const root = process.cwd();
  const npm = { INIT_CWD: "/home/me", npm_command: "run-script" };
  assert.equal(baseOf(npm, root), "/home/me");
  assert.equal(baseOf(npm, "/elsewhere"), "/elsewhere");
  assert.equal(baseOf({}, root), root);
});
