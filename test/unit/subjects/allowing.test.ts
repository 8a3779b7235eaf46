import assert from "node:assert/strict";
import { test } from "node:test";
import { allowingLine } from "@myelin/subjects";

const publish = (subject: string, name?: string) =>
  allowingLine({ operation: "publish", subject, name });
const subscribe = (subject: string, name?: string) =>
  allowingLine({ operation: "subscribe", subject, name });

test("a refused subject leads to the line that would allow it", () => {
  const lines: Readonly<Record<string, string>> = {
    "mesh.call.far.read.any.me": "agents.me.calls: [far.read]",
    "mesh.control.far.any.me": "agents.me.calls: [far.*]",
    "mesh.outcall.sales.pricer.quote.any.me": "agents.me.calls: [sales/pricer.quote]",
    "mesh.presence.me.a1": "agents.me.skills: [<its skills>]",
    "mesh.task.far.read.high.me": "agents.me.submits: [far.read]",
    "mesh.later.far.read.me": "agents.me.submits: [far.read]",
    "mesh.result.you.t1.final.me": "agents.<submitter>.submits: [me.<skill>]",
    "mesh.result.me.t1.tried.me": "agents.me.follows: { <name>: { events: [<its events>] } }",
    "mesh.dead.task.me.read.t1.0": "agents.<submitter>.submits: [me.<skill>]",
    "mesh.event.me.digest.done": "agents.me.publishes: [digest.done]",
    "mesh.record.me.sum": "agents.me.skills: [<its skills>]",
    "mesh.js.DIRECT.GET.MESH_RECORDS": "roles.auditor.members: [me]",
    "mesh.js.STREAM.MSG.GET.MESH_RECORDS": "roles.auditor.members: [me]",
    "mesh.js.CONSUMER.MSG.NEXT.MESH_TASKS.me-high": "agents.<submitter>.submits: [me.<skill>]",
    "mesh.js.CONSUMER.INFO.MESH_TASKS.me-high": "agents.<submitter>.submits: [me.<skill>]",
    "mesh.js.CONSUMER.LIST.MESH_EVENTS": "roles.observer.members: [me]",
    "mesh.js.CONSUMER.MSG.NEXT.MESH_EVENTS.me=crm":
      "agents.me.follows: { crm: { events: [<its events>] } }",
    "mesh.js.DIRECT.GET.MESH_RESULTS.mesh.result.me.t1.final.far":
      "agents.me.submits: [<agent>.<skill>]",
    "mesh.js.DIRECT.GET.MESH_RESULTS.mesh.result.me.t1.tried.me":
      "agents.me.follows: { <name>: { events: [<its events>] } }",
    "mesh.blob.me.far.id.0": "agents.me.calls: [<agent>.<skill>]",
    "mesh.artifact.me.page.=versions": "agents.me.calls: [<agent>.<skill>]",
    "$KV.mesh-conversations.me.far=1": "agents.me.calls: [<agent>.<skill>]",
    "mesh.js.DIRECT.GET.MESH_ARTIFACTS.mesh.artifact.far.page.=versions":
      "agents.me.calls: [far.<skill>]",
    "$SRV.INFO.far": "agents.me.calls: [far.*]",
    "$SRV.PING": "roles.observer.members: [me]",
    "_INBOX.you.i1.token": "agents.me.skills: [<its skills>]",
  };
  for (const [subject, line] of Object.entries(lines)) {
    assert.equal(publish(subject, "me"), line, subject);
  }
  const heard: Readonly<Record<string, string>> = {
    "mesh.call.me.*.any.*": "agents.me.skills: [<its skills>]",
    "mesh.call.>": "roles.operator.members: [me]",
    "mesh.presence.far.*": "agents.me.calls: [far.*]",
    "mesh.presence.*.*": "roles.observer.members: [me]",
    "mesh.event.far.document.added": "agents.me.hears: [far.document.added]",
    "mesh.event.far.>": "agents.me.hears: [far.*]",
    "mesh.event.>": "agents.me.hears: [*]",
    "mesh.result.me.>": "agents.me.submits: [<agent>.<skill>]",
    "$SRV.PING": "agents.me.skills: [<its skills>]",
    "_INBOX.me.i1.*": "agents.me: {}",
    "_INBOX.>": "roles.operator.members: [me]",
  };
  for (const [subject, line] of Object.entries(heard)) {
    assert.equal(subscribe(subject, "me"), line, subject);
  }
});

test("no line lets anybody speak under another's name, or change a stream", () => {
  for (const subject of [
    "mesh.call.far.read.any.other",
    "mesh.control.far.any.other",
    "mesh.event.other.done",
    "mesh.presence.other.a1",
    "mesh.task.far.read.high.other",
    "mesh.result.you.t1.final.other",
    "mesh.record.other.sum",
    "mesh.blob.other.far.id.0",
    "mesh.artifact.other.page.=list",
    "$KV.mesh-conversations.other.x",
    "mesh.config.rules",
    "mesh.js.STREAM.DELETE.MESH_TASKS",
    "mesh.js.CONSUMER.MSG.NEXT.MESH_TASKS.other-high",
    "$JS.API.STREAM.DELETE.MESH_TASKS",
    "$SYS.REQ.SERVER.PING",
    ">",
    "",
  ]) {
    assert.equal(publish(subject, "me"), undefined, subject);
  }
  assert.equal(subscribe("_INBOX.other.>", "me"), undefined);
  assert.equal(subscribe(">", "me"), undefined);
  assert.equal(subscribe("mesh.result.other.>", "me"), undefined);
});

test("without a name the subject itself says who speaks", () => {
  assert.equal(publish("mesh.call.far.read.any.me"), "agents.me.calls: [far.read]");
  assert.equal(subscribe("_INBOX.me.i1.*"), "agents.me: {}");
  assert.equal(subscribe("mesh.presence.far.*"), "agents.<name>.calls: [far.*]");
});
