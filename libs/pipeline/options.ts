import { MeshCode, MeshError } from "../errors/index.ts";

/** What a numeric option may be. */
export interface NumberRule {
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

/** Throws `invalid_argument` for the first option out of range, naming it by its path. */
export function checkNumbers<Config extends object>(
  path: string,
  config: Config,
  rules: { readonly [Name in keyof Config]: NumberRule },
): Readonly<Config> {
  for (const [name, rule] of Object.entries<NumberRule>(rules)) {
    checkNumber(`${path}.${name}`, config[name as keyof Config], rule);
  }
  return Object.freeze(config);
}

/** The same for one number under the name that its user knows. */
export function checkNumber(option: string, value: unknown, rule: NumberRule): number {
  if (fits(value, rule)) return value;
  const kind = rule.whole ? "a whole number" : "a number";
  throw new MeshError(
    MeshCode.InvalidArgument,
    `${option} must be ${kind} from ${rule.min} to ${rule.max}, got ${String(value)}`,
  );
}

/** The defaults with what is given in their place; `undefined` counts as not given. Throws `invalid_argument` for no object. */
export function overDefaults<Config extends object>(
  path: string,
  defaults: Config,
  options: { readonly [Name in keyof Config]?: Config[Name] | undefined },
): Config {
  if (typeof options !== "object" || options === null) {
    const detail = `${path} must be an object of options, got ${String(options)}`;
    throw new MeshError(MeshCode.InvalidArgument, detail);
  }
  const config = { ...defaults };
  for (const name of Object.keys(defaults) as (keyof Config)[]) {
    const value = options[name];
    if (value !== undefined) config[name] = value;
  }
  return config;
}

function fits(value: unknown, rule: NumberRule): value is number {
  if (typeof value !== "number" || !(value >= rule.min && value <= rule.max)) return false;
  return !rule.whole || Number.isInteger(value);
}
