import {
  eventTargetRule,
  every,
  isEventName,
  isStoreAccount,
  isToken,
  parseEventTarget,
  parseSkillTarget,
  provisions,
  roleNames,
  skillTargetRule,
  streamNames,
  tokenRule,
} from "@myelin/subjects";
import { z } from "zod";
import type { Path } from "./problem.ts";

const name = z.string().refine(isToken, `a name must be ${tokenRule}`);

const workspaceName = name.refine(
  (text) => text !== "sys" && !isStoreAccount(text),
  "a workspace may not be called sys, nor end in -store: those accounts are the mesh's own",
);

const skillName = name.refine(
  (text) => text !== "then",
  "a skill may not be called then, which would make its client a promise",
);

/** A list in which nothing is said twice. */
function list<T extends z.ZodType<string>>(item: T) {
  return z
    .array(item)
    .superRefine((items, context) => {
      const seen = new Set<string>();
      for (const [at, text] of items.entries()) {
        if (seen.has(text)) {
          context.addIssue({ code: "custom", path: [at], message: "is in the list already" });
        }
        seen.add(text);
      }
    })
    .default([]);
}

/** A map that may have each of these names, and no other. */
function each<Name extends string, T extends z.ZodType>(names: readonly Name[], value: T) {
  const shape = Object.fromEntries(names.map((name) => [name, value.optional()]));
  return z.strictObject(shape as Record<Name, z.ZodOptional<T>>);
}

function target(is: (text: string) => boolean, rule: string) {
  return list(z.string().refine(is, `must be ${rule}`));
}

const skillTargets = target((text) => parseSkillTarget(text).ok, skillTargetRule);
const eventTargets = target((text) => parseEventTarget(text).ok, eventTargetRule);
const eventNames = target(isEventName, `tokens joined by dots, each ${tokenRule}`);

const asks = {
  calls: skillTargets,
  submits: skillTargets,
  publishes: eventNames,
  hears: eventTargets,
  vouches: z.boolean().default(false),
};

const follow = z.strictObject({
  from: z.enum(["beginning", "now"]).default("now"),
  events: eventTargets,
});

const agent = z.strictObject({
  skills: list(skillName),
  ...asks,
  follows: z.record(name, follow).default({}),
  // Workers tell of themselves every two seconds.
  silenceMs: z.int().min(5_000).max(3_600_000).optional(),
});

const role = z.strictObject({ members: list(name), ...asks });

const share = z.strictObject({
  skill: z.string().refine((text) => {
    const { ok, value } = { value: undefined, ...parseSkillTarget(text) };
    return ok && value?.workspace === undefined && value?.skill !== "*";
  }, "must be agent.skill of this workspace"),
  with: list(name),
});

const roles = each(roleNames, role);

/** Less holds no message of the greatest size. */
const leastBytes = 1_048_576;

const streamSize = z.strictObject({
  maxBytes: z
    .int()
    .min(leastBytes, `must be ${leastBytes} bytes or more`)
    .max(Number.MAX_SAFE_INTEGER),
});

const streams = each(streamNames, streamSize);

const recording = z.strictObject({
  agents: list(z.string().refine((text) => text === every || isToken(text), "must be an agent")),
  share: z.number().min(0, "must be 0 to 1").max(1, "must be 0 to 1").default(1),
});

const workspace = z.strictObject({
  guests: z.boolean().default(false),
  agents: z.record(name, agent).default({}),
  roles: roles.default({}),
  shares: z.array(share).default([]),
  provision: z.enum(provisions).optional(),
  replicas: z.literal([1, 3]).optional(),
  streams: streams.optional(),
  recording: recording.optional(),
});

/** What stands in a mesh.yaml, every list filled in. */
export const meshFile = z.strictObject({
  version: z.literal(1),
  workspaces: z.record(workspaceName, workspace),
});

export type MeshFile = z.output<typeof meshFile>;

/** The keys that a map at this place may have. */
export function keysAt(path: Path): readonly string[] {
  const [, , part, , inner] = path;
  if (path.length === 0) return Object.keys(meshFile.shape);
  if (path.length === 2) return Object.keys(workspace.shape);
  if (part === "roles") return path.length === 3 ? roleNames : Object.keys(role.shape);
  if (part === "recording") return Object.keys(recording.shape);
  if (part === "shares") return Object.keys(share.shape);
  if (part === "streams") return path.length === 3 ? streamNames : Object.keys(streamSize.shape);
  return inner === "follows" ? Object.keys(follow.shape) : Object.keys(agent.shape);
}
