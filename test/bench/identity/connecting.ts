import type { Place } from "../call/side.ts";
import type { Setting } from "../support/bench.ts";
import type { Child } from "../support/child.ts";
import { Children } from "../support/children.ts";
import { type Figure, middle } from "../support/figure.ts";
import { rounds } from "../support/rounds.ts";
import type { Worlds } from "./calls.ts";

const inRow = 5;

/** How long it takes to join the mesh, and what of it is TLS, login, and the client itself. */
export async function connectCosts(setting: Setting, worlds: Worlds): Promise<Figure[]> {
  const { plain, secure, login } = worlds;
  await using children = new Children(setting);
  const start = (place: Place): Promise<Child> => children.start("identity/joining", place);
  const joining = {
    mesh: await start({ kind: "mesh", url: secure.url, login }),
    plain: await start({ kind: "mesh", url: plain.url }),
    raw: await start({ kind: "raw", url: secure.url, login }),
  };
  const results = await rounds(
    setting.quick ? 5 : 15,
    Object.entries(joining).map(([name, child]) => ({
      name,
      run: async () => middle(await child.ask<number[]>("connect", inRow)).value,
    })),
    (line) => setting.say(`connecting: ${line}`),
  );
  const figure = (side: keyof typeof joining, id: string, note: string): Figure => ({
    ...{ id, ...middle(results(side)), unit: "ms", note },
  });
  return [
    figure("mesh", "identity.connect", "TLS and JWT, credentials read from their file"),
    figure("plain", "identity.connect.plain", "the same in plain text, nobody logs in"),
    figure("raw", "identity.connect.raw", "the client's own connect(), the same TLS and JWT"),
  ];
}
