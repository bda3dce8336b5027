// Workflows that meet the .NET side: its client drives them, its activities and children serve them.
import { executeChild, proxyActivities, startChild, upsertMemo, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common';

export const dotnetQueue = 'dotnet';
export const crossKeys = {
  keyword: defineSearchAttributeKey('CrossKeyword', SearchAttributeType.KEYWORD),
  int: defineSearchAttributeKey('CrossInt', SearchAttributeType.INT),
  time: defineSearchAttributeKey('CrossTime', SearchAttributeType.DATETIME),
  words: defineSearchAttributeKey('CrossWords', SearchAttributeType.KEYWORD_LIST),
};

/** Returns the search attributes it found, and sets them anew. */
export async function attributes() {
  const found = workflowInfo().typedSearchAttributes;
  const { keyword, int, time, words } = crossKeys;
  upsertSearchAttributes([
    { key: keyword, value: 'from TypeScript' }, { key: int, value: found.get(int) + 1 },
    { key: time, value: new Date(found.get(time).getTime() + 86_400_000) }, { key: words, value: null },
  ]);
  upsertMemo({ note: 'by TypeScript' });
  return `${found.get(keyword)} ${found.get(int)} ${found.get(time).toISOString()} ${found.get(words).join('+')}`;
}

/** Bytes, nothing and text to an activity of the other language and back. */
export async function encodings(bytes, nothing, map) {
  if (nothing != null || map['ключ'] !== 'значение') {
    throw new Error(`something else arrived: ${nothing} ${JSON.stringify(map)}`);
  }
  const there = proxyActivities({ taskQueue: dotnetQueue, startToCloseTimeout: '30 seconds' });
  const back = await there.Same(null);
  if (back != null) {
    throw new Error(`null came back as ${JSON.stringify(back)}`);
  }
  return await there.Reverse(bytes);
}

/** Activities of the other language: resumed, and refused. */
export async function usesDotnet() {
  const there = proxyActivities({ taskQueue: dotnetQueue, startToCloseTimeout: '30 seconds', heartbeatTimeout: '20 seconds', retry: { initialInterval: '20 ms' } });
  const left = await there.Resume(2);
  try {
    await there.Refuse();
  } catch (e) {
    const { type, message, nonRetryable, details, cause } = e.cause;
    return { left, activityType: e.activityType, retryState: e.retryState, type, message, nonRetryable, details, cause: [cause.type, cause.message] };
  }
}

/** Children in the other language: one that counts, one that fails. */
export async function parentOfDotnet() {
  const n = await executeChild('dotnetCounting', { taskQueue: dotnetQueue, args: [1, 3] });
  const handle = await startChild('dotnetFailing', { taskQueue: dotnetQueue, args: ['itself'] });
  try {
    await handle.result();
  } catch (e) {
    return `${n}, ${e.cause.name} ${e.cause.type}: ${e.cause.message}, below ${e.cause.cause.message}`;
  }
}
