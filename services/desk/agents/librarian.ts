import { serve } from "@myelin/mesh";
import { librarian } from "../contracts/librarian.ts";
import { listLibrary, readFromLibrary } from "../documents/library.ts";
import type { TakePost } from "./post.ts";

/** Finds documents and reads them. */
export const takePost: TakePost = ({ settings, connection }) =>
  serve(
    librarian,
    {
      list: () => listLibrary(settings),
      async read({ path }, ctx) {
        const found = await readFromLibrary(settings, path);
        if (found.is === "document") return found.document;
        return ctx.fail("unreadable", { path, why: found.why }, `${path}: ${found.why}`);
      },
    },
    { ...connection, concurrency: 8 },
  );
