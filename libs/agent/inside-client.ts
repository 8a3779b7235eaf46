import type { Contract } from "../contract/index.ts";
import { type Replay, staysInside } from "../pipeline/index.ts";
import type { Client } from "./client.ts";

/** The client of a replay that stays where it is: every method refuses, and sends nothing. */
export function insideClient<C extends Contract>(contract: C, replay: Replay): Client<C> {
  const methods = Object.keys(contract.skills).map((skill) => {
    const what = `calling ${contract.name}.${skill}`;
    return [skill, contract.skills[skill]?.streams ? noFrames(what, replay) : no(what, replay)];
  });
  return Object.freeze(Object.fromEntries(methods)) as Client<C>;
}

/** Whatever a method can do beside calling, it refuses as well. */
function no(what: string, replay: Replay): unknown {
  const refuse = async (): Promise<void> => staysInside(replay, what);
  return new Proxy(refuse, {
    get: (_, method) => (method === "schedules" ? noFrames(what, replay) : refuse),
  });
}

function noFrames(what: string, replay: Replay): unknown {
  // biome-ignore lint/correctness/useYield: it refuses before its first frame
  return async function* refuse(): AsyncGenerator<never, void> {
    staysInside(replay, what);
  };
}
