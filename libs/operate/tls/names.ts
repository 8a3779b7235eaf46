import { isIP } from "node:net";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { checkNumber } from "../../pipeline/index.ts";

/** RFC 5280, appendix A: ub-common-name. */
const longestCommonName = 64;
const label = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;

/** Checks how long a certificate, or credentials, shall be valid, in days. */
export function checkDays(option: string, days: number): number {
  return checkNumber(option, days, { min: 1, max: 3_650, whole: true });
}

/** Checks the name of an authority or client. */
export function checkCommonName(option: string, name: string): string {
  if (/^[\x20-\x7e]+$/.test(name) && name.length <= longestCommonName) return name;
  throw new MeshError(
    MeshCode.InvalidArgument,
    `${option} must be 1 to ${longestCommonName} printable characters, got ${JSON.stringify(name)}`,
  );
}

/** Checks host names and addresses, without repetitions. */
export function checkHosts(option: string, names: readonly string[]): readonly string[] {
  const wrong = names.find((name) => isIP(name) === 0 && !isHostName(name));
  if (names.length > 0 && wrong === undefined) return [...new Set(names)];
  throw new MeshError(
    MeshCode.InvalidArgument,
    `${option} must be one or more host names or addresses such as mesh.example.com or 10.0.0.7, got ${JSON.stringify(wrong ?? names)}`,
  );
}

/** RFC 1123; a first label `*` stands for any one label. */
function isHostName(name: string): boolean {
  const labels = name.split(".");
  const named = labels[0] === "*" && labels.length > 2 ? labels.slice(1) : labels;
  return name.length <= 253 && named.every((one) => label.test(one)) && /[a-z]/i.test(name);
}
