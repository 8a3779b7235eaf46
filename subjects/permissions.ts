import { laterSubject } from "./durable.ts";
import { filters } from "./grammar.ts";
import { blobsOfEvent } from "./kept.ts";
import { keeping, readingEventBlobs } from "./kept-rights.ts";
import type {
  AgentPolicy,
  Asks,
  Permissions,
  RoleName,
  RolePolicy,
  WorkspacePolicy,
} from "./policy.ts";
import { auditorReads, operatorReads, reading, replayingEvents } from "./reading.ts";
import {
  askingRights,
  combine,
  followingRights,
  marking,
  moving,
  ownInbox,
  presentRights,
  type Rights,
  readingOwnEvents,
  servingRights,
  sharingRights,
  workingRights,
} from "./rights.ts";
import { Store, storeApi } from "./stores.ts";
import { every, parseSkillTarget } from "./targets.ts";

/** The server puts a user's own name in its place; issuers let no name through that is more than one token. */
export const ownName = "{{name()}}";

/** What an agent may publish and hear. Its name is spelled out: the scope is its own. */
export function agentPermissions(
  name: string,
  agent: AgentPolicy,
  workspace: WorkspacePolicy,
): Permissions {
  const serves = agent.skills.length > 0;
  const shares = workspace.shares.some(({ skill }) => skill.startsWith(`${name}.`));
  return combine(
    presentRights(name),
    askingRights(name, agent),
    serves ? servingRights(name) : {},
    serves && mayGetTasks(name, workspace) ? workingRights(name) : {},
    shares ? sharingRights : {},
    isActive(agent) ? { publish: keeping(name) } : {},
    {
      publish: readingEventBlobs(Object.values(agent.follows).flatMap(({ events }) => events)),
    },
    ...Object.keys(agent.follows).map((follow) => followingRights(name, follow)),
  );
}

/** Who only hears and follows keeps nothing here. */
function isActive({ skills, calls, submits }: AgentPolicy): boolean {
  return skills.length > 0 || calls.length > 0 || submits.length > 0;
}

/** Whether an agent serves and anybody may submit tasks to it: nobody else needs rights and consumers at the store. */
export function takesTasks(name: string, workspace: WorkspacePolicy): boolean {
  const { skills = [] } = workspace.agents[name] ?? {};
  return skills.length > 0 && mayGetTasks(name, workspace);
}

function mayGetTasks(name: string, { guests, agents, roles }: WorkspacePolicy): boolean {
  const all: readonly Asks[] = [...Object.values(agents), ...Object.values(roles)];
  const lines = all.flatMap(({ submits }) => submits);
  return (
    guests ||
    lines.some((line) => {
      const target = parseSkillTarget(line);
      return target.ok && (target.value.agent === name || target.value.agent === every);
    })
  );
}

/** What all who have a role may publish and hear, each under its own name. */
export function rolePermissions(role: RoleName, policy: RolePolicy): Permissions {
  return combine(
    presentRights(ownName),
    askingRights(ownName, policy),
    ofRole[role],
    role === "auditor" ? { publish: replayingEvents(ownName, policy) } : {},
  );
}

/** What anybody may who joins a development mesh: everything, but only under its own name. */
export function guestPermissions(): Permissions {
  return combine(
    presentRights(ownName),
    servingRights(ownName),
    workingRights(ownName),
    askingRights(ownName, everything),
    { publish: [`mesh.event.${ownName}.>`, blobsOfEvent(ownName)] },
    { publish: [readingOwnEvents(ownName), ...keeping(ownName)] },
  );
}

/** What keeper, and `apply`, may do in the store account, where no agent logs in. */
export function storePermissions(): Permissions {
  return combine({
    publish: [
      "$JS.API.>",
      "$JS.ACK.>",
      "mesh.task.>",
      "mesh.later.>",
      "mesh.schedule.>",
      "mesh.result.>",
      "mesh.dead.>",
      "mesh.config.>",
      "$SYS.REQ.USER.INFO",
    ],
    subscribe: [ownInbox(ownName), "$JS.EVENT.ADVISORY.>", "mesh.config.>"],
  });
}

const everything = {
  calls: [every],
  submits: [every],
  publishes: [],
  hears: [every],
  vouches: false,
} as const;

/** Looking at who is there and how it is, without reading what they say to each other. */
const looking: Rights = {
  publish: [
    "$SRV.>",
    "$SYS.REQ.USER.INFO",
    // A message to oneself that the server traces tells its version and clock.
    ownInbox(ownName),
    storeApi.info,
    storeApi.streamNames,
    storeApi.streamList,
    storeApi.streamInfo(every),
    storeApi.consumerNames(every),
    storeApi.consumerList(every),
    storeApi.consumerInfo(every, every),
    storeApi.message(Store.events),
    storeApi.last(Store.events, ">"),
  ],
  subscribe: ["mesh.event.>", filters.everyPresence],
};

const ofRole: Readonly<Record<RoleName, Rights>> = Object.freeze({
  operator: combine(looking, askingRights(ownName, { ...everything, submits: [] }), {
    publish: [
      ...reading(operatorReads),
      ...moving(ownName),
      ...marking,
      // To cancel what others have for later: keeper looks at the role.
      laterSubject({ agent: every, skill: every, submitter: ownName }),
    ],
    // The bodies of calls and their replies: `myelin tap`.
    subscribe: ["mesh.>", filters.everyInbox],
    unheard: ["mesh.record.>"],
  }),
  observer: looking,
  auditor: combine(looking, { publish: reading(auditorReads) }),
  keeper: { publish: moving(ownName), subscribe: [filters.everyPresence] },
  gateway: { publish: keeping(ownName) },
});
