// Who comes when.

/**
 * The list in the order of this round. Over as many rounds as there are entries each is at each place once and, of an even
 * number of them, after each of the others once (a Latin square balanced for neighbours: E. J. Williams, 1949).
 */
export function order(list, round) {
  const count = list.length;
  return list.map((_, place) => {
    const offset = place % 2 ? (place + 1) / 2 : count - place / 2;
    return list[(offset + round) % count];
  });
}
