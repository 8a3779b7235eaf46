import { type MeshPolicy, type RoleName, type RolePolicy, roleNames } from "@myelin/subjects";
import { problemsOf } from "./issues.ts";
import { errorOf } from "./problem.ts";
import { checkReferences } from "./references.ts";
import { type MeshFile, meshFile } from "./shape.ts";
import { Source } from "./source.ts";

/**
 * Reads a mesh.yaml; `path` is what errors call it.
 *
 * Everything that is wrong is told at once, each with its line: `invalid_argument: mesh.yaml:12:5: …`. What names
 * something that does not exist is looked for when every line by itself is right.
 */
export function readMeshFile(text: string, path: string): MeshPolicy {
  const source = new Source(text);
  if (source.problems.length > 0) throw errorOf(path, source.problems);
  const read = shapeOf(source, path);
  if (!read.success) {
    throw errorOf(
      path,
      read.error.issues.flatMap((issue) => problemsOf(issue, source)),
    );
  }
  const policy = policyOf(read.data);
  checkReferences(policy, (...what) => source.problems.push(source.problem(...what)));
  if (source.problems.length > 0) throw errorOf(path, source.problems);
  return policy;
}

function shapeOf(source: Source, path: string): ReturnType<typeof meshFile.safeParse> {
  try {
    return meshFile.safeParse(source.value);
  } catch (error) {
    // zod passes a list's findings on as arguments, of which JavaScript takes some 100,000.
    if (!(error instanceof RangeError)) throw error;
    throw errorOf(path, [source.problem([], "more is wrong with it than can be told")]);
  }
}

function policyOf({ version, workspaces }: MeshFile): MeshPolicy {
  const read = Object.entries(workspaces).map(([name, workspace]) => {
    return [name, { ...workspace, roles: rolesOf(workspace.roles) }] as const;
  });
  return frozen({ version, workspaces: Object.fromEntries(read) });
}

function rolesOf(
  roles: MeshFile["workspaces"][string]["roles"],
): Partial<Record<RoleName, RolePolicy>> {
  const present: Partial<Record<RoleName, RolePolicy>> = {};
  for (const name of roleNames) {
    const role = roles[name];
    if (role !== undefined) present[name] = role;
  }
  return present;
}

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) frozen(inner);
    Object.freeze(value);
  }
  return value;
}
