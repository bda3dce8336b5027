import { ApplicationFailure, makeContinueAsNewFunc, proxyActivities, sleep, upsertMemo, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { SearchAttributeType, TypedSearchAttributes, defineSearchAttributeKey } from '@temporalio/common';

export const keys = {
  keyword: defineSearchAttributeKey('PeersKeyword', SearchAttributeType.KEYWORD),
  text: defineSearchAttributeKey('PeersText', SearchAttributeType.TEXT),
  int: defineSearchAttributeKey('PeersInt', SearchAttributeType.INT),
  double: defineSearchAttributeKey('PeersDouble', SearchAttributeType.DOUBLE),
  bool: defineSearchAttributeKey('PeersBool', SearchAttributeType.BOOL),
  time: defineSearchAttributeKey('PeersTime', SearchAttributeType.DATETIME),
  words: defineSearchAttributeKey('PeersWords', SearchAttributeType.KEYWORD_LIST),
};

/** Goes on as a new run once, with what its options say, and returns what reached the last run. */
export async function carriesOn(more, options) {
  const { memo, typedSearchAttributes, continuedFromExecutionRunId, firstExecutionRunId, runId, taskQueue, runTimeoutMs } = workflowInfo();
  if (more > 0) {
    await makeContinueAsNewFunc({
      ...options,
      ...(options?.int === undefined ? {} : { typedSearchAttributes: new TypedSearchAttributes([{ key: keys.int, value: options.int }]) }),
    })(more - 1, options);
  }
  return { memo, int: typedSearchAttributes.get(keys.int), keyword: typedSearchAttributes.get(keys.keyword), continued: continuedFromExecutionRunId !== undefined, first: firstExecutionRunId, runId, taskQueue, runTimeoutMs };
}

/** Sets, changes and removes search attributes. */
export async function indexes() {
  const before = workflowInfo().typedSearchAttributes.get(keys.int);
  upsertSearchAttributes([
    { key: keys.int, value: before + 1 }, { key: keys.words, value: null }, { key: keys.keyword, value: 'changed' },
  ]);
  upsertMemo({ added: [1, 2], removed: null });
  return { after: workflowInfo().typedSearchAttributes.get(keys.int), memo: workflowInfo().memo };
}

/** What a cron run sees of the one before. */
export async function ticks() {
  const { lastResult, lastFailure } = workflowInfo();
  const n = (lastResult ?? 0) + 1;
  if (n === 2 && !lastFailure) {
    throw ApplicationFailure.nonRetryable('the second tick fails once');
  }
  return n;
}

/** Fails with type, details and cause: by itself, or by its activity. */
export async function failing(way) {
  if (way === 'activity') {
    await proxyActivities({ startToCloseTimeout: '30 seconds' }).refuse();
  }
  throw ApplicationFailure.create({
    message: 'the workflow says no', type: 'Outer', nonRetryable: true, details: ['detail', 7], cause: ApplicationFailure.create({ message: 'the reason below' }),
  });
}

export async function sameBack(value) {
  const { same } = proxyActivities({ startToCloseTimeout: '30 seconds' });
  return await same(value);
}

/** Long enough to be worth a replay. */
export async function manySteps(count) {
  const { noop } = proxyActivities({ startToCloseTimeout: '30 seconds' });
  for (let i = 0; i < count; i++) {
    await noop();
    if (i % 3 === 0) {
      await sleep(1);
    }
  }
  return count;
}

/** Fails until its own attempt is the one asked for. */
export async function workflowAttempt(succeedsAt) {
  const { attempt } = workflowInfo();
  if (attempt < succeedsAt) {
    throw ApplicationFailure.create({ message: `attempt ${attempt}` });
  }
  return attempt;
}
