import { listLibrary, readFromLibrary } from "/work/main/services/desk/agents/librarian.ts";
import { packagesSource } from "/work/main/services/desk/documents/sources.ts";
import { createLanguage } from "/work/main/services/desk/text/language.ts";
import { keyTerms } from "/work/main/services/desk/text/terms.ts";
import { condense } from "/work/main/services/desk/text/summary.ts";
import { review } from "/work/main/services/desk/text/review.ts";
const lib = { sources: [await packagesSource("/work/main/node_modules")], base: "/work/main" };
const language = createLanguage();
let n=0, sent=[0,0,0,0], slow=0; const t0=performance.now();
for await (const f of listLibrary(lib)) {
  if (f.is==="skipped") { console.log("SKIP", f); continue; }
  n++;
  const r = await readFromLibrary(lib, f.path); if (r.is!=="document") { console.log(r); continue; }
  const d=r.document; const terms = keyTerms(language.nouns(d.text), d.title, 8);
  let mention: any[]=[]; let previous: string|undefined;
  let round=0; let v; let s="";
  for (;;) { const t=performance.now(); s = condense(language.sentences(d.text), {maxWords:60, mention, previous}); slow=Math.max(slow, performance.now()-t);
    v=review(s, terms, 60); if (v.is==="accepted"||round===3) break; if (s===previous) console.log("SAME", f.path); previous=s; mention=[...new Set([...mention, ...terms.filter(t=>v.missing.some((m:any)=>m.term===t.term))])]; round++; }
  sent[round]++;
  if (n%13===0 || (v.is!=="accepted")) console.log(`\n${f.path} [${d.title}] round ${round} ${v.is} ${v.reason??""}\n  terms: ${terms.map(t=>t.term).join(", ")}\n  ${s}`);
}
console.log(n, sent, slow, performance.now()-t0|0, process.memoryUsage().rss/1e6);
