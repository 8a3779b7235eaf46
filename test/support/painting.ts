import type { Handlers, Mesh, ServeOptions } from "@myelin/mesh";
import type { HomeMesh } from "./home-mesh.ts";
import { painter } from "./painter.ts";

type Paint = Handlers<typeof painter>["paint"];

/** A worker of `painter` in this process, with a handler of the test's own. */
export async function servePainter(
  home: HomeMesh,
  paint: Paint,
  options: ServeOptions = { tasks: { attempts: 3, firstDelayMs: 20, maxDelayMs: 50 } },
): Promise<Mesh> {
  const mesh = await home.connect("painter");
  await mesh.serve(painter, { paint, sketch: () => ({}), async *stroke() {} }, options);
  return mesh;
}

/** One that fails at once, but for what was brought back from the dead letters. */
export function serveBroughtBack(home: HomeMesh): Promise<Mesh> {
  const paint: Paint = ({ what }, { moved }) => {
    if (moved === undefined) throw new TypeError("no paint");
    return { painted: what };
  };
  return servePainter(home, paint, { tasks: { attempts: 1 } });
}
