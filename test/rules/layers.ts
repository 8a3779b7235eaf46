import { posix } from "node:path";
import { type Destination, judgeImports, layerOf } from "./imports.ts";
import type { Breach, Source } from "./source.ts";

const all = [
  "errors",
  "pipeline",
  "contract",
  "wire",
  "identity",
  "telemetry",
  "nats",
  "transport",
  "call",
  "serve",
  "discovery",
  "durable",
];

/**
 * Who may import whom in libs, types included (ARCHITECTURE, "What is where").
 * Beside these everyone may import `errors` and `@myelin/subjects`; a layer that is not listed may not exist.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  pipeline: [],
  contract: [],
  identity: [],
  wire: ["pipeline"],
  telemetry: ["pipeline"],
  // Types of pipeline only: the link is the port LinkState. Of identity it reads credentials.
  nats: ["wire", "pipeline", "identity"],
  transport: ["pipeline", "wire", "nats", "telemetry"],
  call: ["pipeline", "telemetry", "contract", "identity"],
  serve: ["pipeline", "telemetry", "contract", "identity"],
  discovery: ["pipeline", "wire", "nats", "identity", "telemetry"],
  durable: ["pipeline", "wire", "nats", "identity", "telemetry", "contract"],
  agent: all,
  // The doors.
  index: [...all, "agent"],
  testing: [...all, "agent", "operate"],
  program: ["pipeline", "telemetry", "contract"],
  operate: all,
};

/**
 * Layers that others see through their index.ts alone. The others have none: the composition root takes the ladders
 * apart, and the doors name what they show file by file.
 */
const closed: readonly string[] = all
  .filter((layer) => layer !== "call" && layer !== "serve")
  .concat("testing");

/** Folders of a layer on which its others stand, and the siblings that they may import: nothing above them. */
const lowest: Readonly<Record<string, readonly string[]>> = {
  "libs/durable/stored": [],
  "libs/durable/attempts": ["libs/durable/stored"],
  "libs/durable/claims": ["libs/durable/stored"],
};

/** Packages that one layer alone may import; the first pattern that fits decides. */
const owners: readonly (readonly [RegExp, string])[] = [
  [/^(@nats-io\/(jwt|nkeys)|tweetnacl)$/, "identity"],
  [/^(@nats-io\/.*|nats|nats\.ws)$/, "nats"],
  [/^(@opentelemetry\/.*|prom-client)$/, "telemetry"],
];

/** The layers that exist by the rules. */
export const layers: readonly string[] = Object.keys(mayImport);

/** Breaches of the layers in files of libs. */
export function judgeLayers(sources: readonly Source[]): Breach[] {
  const unknown = sources
    .filter(({ path }) => !layers.includes(layerOf(path) ?? ""))
    .map(({ path }) => ({ path, line: 1, what: `is in no layer of ARCHITECTURE` }));
  return [...unknown, ...judgeImports(sources, judgeLib)];
}

/** Breaches of the borders of `subjects`, which imports nothing of ours. */
export function judgeSubjects(sources: readonly Source[]): Breach[] {
  return judgeImports(sources, (to) => {
    if (to.is === "file" && to.name.startsWith("subjects/")) return undefined;
    return `subjects must import nothing, it imports ${to.name}`;
  });
}

/** Breaches of the borders of programs, which see the library through its doors only. */
export function judgeServices(sources: readonly Source[]): Breach[] {
  return judgeImports(sources, (to, source, from) => {
    const own = source.path.split("/").slice(0, 2).join("/");
    if (to.is === "file") {
      return to.name.startsWith(`${own}/`) ? undefined : `leaves ${own} for ${to.name}`;
    }
    if (from.startsWith("@myelin/mesh/") && !doors.includes(from)) return `${from} is no door`;
    const owner = ownerOf(to.name);
    return owner === undefined ? undefined : `only libs/${owner} may import ${to.name}`;
  });
}

const doors = ["@myelin/mesh/operate", "@myelin/mesh/program", "@myelin/mesh/testing"];

/** Breaches of manifests: a package that is imported without being declared breaks whoever installs us. */
export function judgeManifest(sources: readonly Source[], declared: readonly string[]): Breach[] {
  return judgeImports(sources, (to) => {
    if (to.is !== "package" || to.name === "node:" || declared.includes(to.name)) return undefined;
    return `imports ${to.name}, which its package.json does not declare`;
  });
}

function judgeLib(to: Destination, source: Source): string | undefined {
  const layer = layerOf(source.path) ?? "";
  if (to.is === "file") {
    const target = layerOf(to.name);
    if (target === undefined) return `leaves libs for ${to.name}`;
    if (target === layer) return judgeSibling(to.name, source.path);
    if (target !== "errors" && !mayImport[layer]?.includes(target)) {
      return `${layer} may not import ${target}`;
    }
    const isInside = closed.includes(target) && to.name !== `libs/${target}/index.ts`;
    return isInside ? `${layer} must import ${target} through its index.ts` : undefined;
  }
  if (to.name === "@myelin/subjects") {
    return layer === "errors" ? "errors may not import @myelin/subjects" : undefined;
  }
  if (to.name.startsWith("@myelin/")) return `${layer} imports ${to.name} by its public name`;
  const owner = ownerOf(to.name);
  return owner === undefined || owner === layer
    ? undefined
    : `only ${owner} may import ${to.name}, not ${layer}`;
}

function judgeSibling(to: string, path: string): string | undefined {
  const [own, target] = [posix.dirname(path), posix.dirname(to)];
  const siblings = lowest[own];
  if (siblings === undefined || target === own || siblings.includes(target)) return undefined;
  return `${own} may not import ${target}`;
}

function ownerOf(name: string): string | undefined {
  return owners.find(([pattern]) => pattern.test(name))?.[1];
}
