import { type Context, look, note, printJson } from "../context.ts";
import { Exit } from "../failure.ts";
import { type AgentView, type InstanceView, readRoster } from "../roster.ts";
import { type Column, count, type Paint, table } from "../table.ts";
import { plain } from "../terminal.ts";

export interface AgentsOptions {
  /** A row for each instance instead of each agent. */
  readonly instances?: boolean;
}

/** Lists who is there. */
export async function agents(context: Context, options: AgentsOptions): Promise<number> {
  await using observer = await look(context);
  const views = await readRoster(observer);
  if (context.json) {
    printJson(context, views);
    return Exit.ok;
  }
  const style = { palette: context.palette, width: context.terminal.columns };
  if (views.length === 0) {
    note(context, `no agents on ${context.place.servers.join(", ")}; \`myelin up\` starts some`);
  } else if (options.instances === true) {
    const rows = views.flatMap(({ agent, instances }) =>
      instances.map((instance) => ({ ...instance, agent })),
    );
    context.terminal.out.write(table(rows, instanceColumns(context), style));
  } else {
    context.terminal.out.write(table(views, agentColumns(context), style));
  }
  return Exit.ok;
}

function agentColumns({ palette }: Context): Column<AgentView>[] {
  return [
    { title: "AGENT", text: ({ agent }) => agent, paint: () => palette.bold },
    { title: "VERSION", text: ({ versions }) => plain(versions.join(", ")) },
    { title: "INSTANCES", text: ({ instances }) => `${instances.length}`, align: "right" },
    {
      title: "STATE",
      text: ({ instances }) => states(instances),
      paint: ({ instances }) =>
        instances.every(({ state }) => state === "READY") ? palette.green : palette.yellow,
    },
    { title: "LOAD", text: ({ instances }) => load(instances), align: "right" },
    {
      title: "VERIFIED",
      text: ({ instances }) => verified(instances),
      paint: ({ instances }) =>
        instances.every((one) => one.verified) ? palette.green : palette.yellow,
    },
    { title: "SKILLS", text: ({ skills }) => plain(skills.join(", ")) },
  ];
}

function instanceColumns({ palette }: Context): Column<InstanceView & { agent: string }>[] {
  const paint = ({ state }: InstanceView): Paint =>
    state === "READY" ? palette.green : palette.yellow;
  return [
    { title: "AGENT", text: ({ agent }) => agent, paint: () => palette.bold },
    { title: "INSTANCE", text: ({ instance }) => plain(instance) },
    { title: "VERSION", text: ({ version }) => plain(version) },
    { title: "STATE", text: ({ state }) => state.toLowerCase(), paint },
    { title: "LOAD", text: (instance) => load([instance]), align: "right" },
    { title: "VERIFIED", text: (instance) => verified([instance]) },
    { title: "CALLS", text: ({ calls }) => `${calls}`, align: "right" },
    { title: "ERRORS", text: ({ errors }) => `${errors}`, align: "right" },
    { title: "UP", text: ({ started }) => upFor(started), align: "right" },
  ];
}

/** `yes`, `no`, or how many of them. */
function verified(instances: readonly InstanceView[]): string {
  const many = instances.filter((one) => one.verified).length;
  if (many === instances.length) return "yes";
  return many === 0 ? "no" : `${many} of ${instances.length}`;
}

/** `ready`, or how many are in which state. */
function states(instances: readonly InstanceView[]): string {
  const counts = new Map<string, number>();
  for (const { state } of instances) counts.set(state, (counts.get(state) ?? 0) + 1);
  const parts = [...counts].map(([state, many]) =>
    counts.size === 1 ? state.toLowerCase() : `${many} ${state.toLowerCase()}`,
  );
  return plain(parts.join(", "));
}

function load(instances: readonly InstanceView[]): string {
  const known = instances.filter((instance) => instance.load !== undefined);
  if (known.length === 0) return "?";
  const running = known.reduce((total, one) => total + (one.load ?? 0), 0);
  const room = known.reduce((total, one) => total + (one.room ?? 0), 0);
  return `${running}/${room}`;
}

function upFor(started: string | undefined): string {
  const since = started === undefined ? Number.NaN : Date.parse(started);
  if (Number.isNaN(since)) return "?";
  const seconds = Math.max(0, Math.round((Date.now() - since) / 1_000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200
    ? `${Math.round(seconds / 60)} min`
    : count(Math.round(seconds / 3_600), "hour");
}
