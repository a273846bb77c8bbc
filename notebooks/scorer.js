// How the search of the documentation ranks: a page whose title has the words as asked comes first.
const asked = new URLSearchParams(location.search).get("q") ?? "";
var Scorer = {
  score: ([, title, , , score]) =>
    title.toLowerCase().includes(asked.toLowerCase()) ? score + 20 : score,
  objNameMatch: 6,
  objPartialMatch: 3,
  objPrio: { 0: 3, 1: 2, 2: 0 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 9,
  term: 5,
  partialTerm: 2,
};
