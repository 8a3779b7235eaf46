import { callSubjectTo, type Priority, taskSubject } from "@myelin/subjects";
import type { Attributes } from "@opentelemetry/api";
import type { Operation } from "../pipeline/index.ts";

/**
 * Attributes of spans, by OpenTelemetry's semantic conventions 1.45. `rpc.system`, `rpc.service` and
 * `messaging.system` are names from before, which the tools in use still read. Each costs a sampled span some 60 ns.
 */
export const Attribute = Object.freeze({
  rpcSystem: "rpc.system.name",
  rpcSystemOld: "rpc.system",
  rpcService: "rpc.service",
  rpcMethod: "rpc.method",
  rpcStatus: "rpc.status_code",
  messagingSystem: "messaging.system",
  messagingOperation: "messaging.operation.name",
  messagingOperationType: "messaging.operation.type",
  messagingDestination: "messaging.destination.name",
  messagingTemplate: "messaging.destination.template",
  messagingClient: "messaging.client.id",
  messagingGroup: "messaging.consumer.group.name",
  messagingConversation: "messaging.message.conversation_id",
  genAiOperation: "gen_ai.operation.name",
  genAiAgent: "gen_ai.agent.name",
  genAiAgentId: "gen_ai.agent.id",
  genAiAgentVersion: "gen_ai.agent.version",
  errorType: "error.type",
  caller: "mesh.caller",
  attempt: "mesh.attempt",
  instance: "mesh.instance",
} as const);

/** What spans of one skill have in common; made when the first of them is sampled. */
export interface SpanNames {
  readonly call: string;
  readonly attempt: string;
  readonly submit: string;
  readonly process: string;
  readonly callAttributes: Attributes;
  readonly attemptAttributes: Attributes;
  readonly serveAttributes: Attributes;
  readonly submitAttributes: Attributes;
  readonly processAttributes: Attributes;
}

/** Who looks: the connection's name and instance. */
export interface Self {
  readonly name: string;
  readonly instance: string;
}

export function spanNames(operation: Operation, self: Self): SpanNames {
  const { agent, skill, version, event } = operation;
  if (event !== undefined) return eventSpanNames(event, operation, self);
  const method = `${agent}/${skill}`;
  const messaging: Attributes = { [Attribute.messagingSystem]: "nats" };
  const call: Attributes = {
    ...messaging,
    [Attribute.messagingTemplate]: callSubjectTo(agent, skill, "{route}", "{caller}"),
    [Attribute.rpcSystem]: "myelin",
    [Attribute.rpcSystemOld]: "myelin",
    [Attribute.rpcService]: agent,
    [Attribute.rpcMethod]: method,
    [Attribute.genAiOperation]: "invoke_agent",
    [Attribute.genAiAgent]: agent,
    // An agent's name is its identity; an instance comes and goes.
    [Attribute.genAiAgentId]: agent,
    ...(version === undefined ? {} : { [Attribute.genAiAgentVersion]: version }),
  };
  const sends: Attributes = {
    [Attribute.messagingOperation]: "request",
    [Attribute.messagingOperationType]: "send",
  };
  const serves: Attributes = {
    [Attribute.messagingOperation]: "process",
    [Attribute.messagingOperationType]: "process",
    [Attribute.messagingGroup]: agent,
    [Attribute.instance]: self.instance,
  };
  const template = taskSubject({ agent, skill, priority, submitter: "{submitter}" });
  const task = { ...call, [Attribute.messagingTemplate]: template };
  return {
    call: method,
    attempt: `attempt ${method}`,
    submit: `submit ${method}`,
    process: `process ${method}`,
    callAttributes: { ...call, ...sends },
    attemptAttributes: {
      ...messaging,
      ...sends,
      [Attribute.rpcMethod]: method,
      [Attribute.messagingClient]: self.instance,
    },
    serveAttributes: { ...call, ...serves },
    submitAttributes: {
      ...task,
      [Attribute.messagingOperation]: "submit",
      [Attribute.messagingOperationType]: "send",
    },
    processAttributes: { ...task, ...serves },
  };
}

/** Of events: who tells one and who handles it are no client and server to each other. */
function eventSpanNames(event: string, { agent, skill }: Operation, self: Self): SpanNames {
  const name = event.split(".").slice(2).join(".");
  const told: Attributes = {
    [Attribute.messagingSystem]: "nats",
    [Attribute.messagingDestination]: event,
    [Attribute.genAiAgent]: agent,
    [Attribute.genAiAgentId]: agent,
    [Attribute.instance]: self.instance,
  };
  const publish: Attributes = {
    ...told,
    [Attribute.messagingOperation]: "publish",
    [Attribute.messagingOperationType]: "send",
  };
  const process: Attributes = {
    ...told,
    [Attribute.messagingOperation]: "process",
    [Attribute.messagingOperationType]: "process",
    [Attribute.messagingGroup]: `${agent}=${skill.split(":")[0]}`,
  };
  return {
    ...{ call: name, attempt: name, submit: `publish ${name}`, process: `process ${name}` },
    ...{ callAttributes: publish, attemptAttributes: publish, submitAttributes: publish },
    ...{ serveAttributes: process, processAttributes: process },
  };
}

/** Stands for either class in a template. */
const priority = "{priority}" as Priority;
