// Lives one pull request through GitHub's own client and prints what it saw, as JSON, for the test to judge.
import { Octokit } from "@octokit/rest";

const { FORGE_API, FORGE_TOKEN, FORGE_REVIEWER_TOKEN, FORGE_APP_TOKEN, FORGE_BRANCH } = process.env;
const as = (auth) => new Octokit({ auth, baseUrl: FORGE_API });
const octokit = as(FORGE_TOKEN);
const reviewer = as(FORGE_REVIEWER_TOKEN);
const app = as(FORGE_APP_TOKEN);
const repo = { owner: "acme", repo: "shop" };
const seen = {};

seen.login = (await octokit.users.getAuthenticated()).data.login;
seen.defaultBranch = (await octokit.repos.get(repo)).data.default_branch;
seen.permission = (await octokit.repos.getCollaboratorPermissionLevel({ ...repo, username: "eve" })).data.role_name;

const issue = (await octokit.issues.create({ ...repo, title: "From Octokit", body: "words", labels: ["one"] })).data;
await octokit.issues.addLabels({ ...repo, issue_number: issue.number, labels: ["two: with space"] });
await octokit.issues.removeLabel({ ...repo, issue_number: issue.number, name: "two: with space" });
for (let i = 0; i < 5; i++) await octokit.issues.createComment({ ...repo, issue_number: issue.number, body: `c${i}` });
seen.comments = (await octokit.paginate(octokit.issues.listComments, { ...repo, issue_number: issue.number, per_page: 2 })).map((c) => c.body);
seen.reaction = (await octokit.reactions.createForIssue({ ...repo, issue_number: issue.number, content: "rocket" })).data.content;
seen.labels = (await octokit.issues.get({ ...repo, issue_number: issue.number })).data.labels.map((l) => l.name);

seen.ref = (await octokit.git.getRef({ ...repo, ref: `heads/${FORGE_BRANCH}` })).data.object.sha;
const pull = (await octokit.pulls.create({ ...repo, title: "Octo", head: FORGE_BRANCH, base: "main", body: "b", draft: true })).data;
try {
  await octokit.pulls.create({ ...repo, title: "Octo", head: FORGE_BRANCH, base: "main" });
} catch (error) {
  seen.twice = [error.status, error.response.data.errors[0].message];
}
seen.files = (await octokit.pulls.listFiles({ ...repo, pull_number: pull.number })).data.map((f) => [f.filename, f.status, f.additions]);
seen.diff = (await octokit.pulls.get({ ...repo, pull_number: pull.number, mediaType: { format: "diff" } })).data.startsWith("diff --git");
await reviewer.pulls.createReview({
  ...repo, pull_number: pull.number, event: "REQUEST_CHANGES", body: "no",
  comments: [{ path: "octo/file.txt", line: 1, body: "why" }],
});
const remark = (await octokit.pulls.listReviewComments({ ...repo, pull_number: pull.number })).data[0];
seen.reply = (await octokit.pulls.createReplyForReviewComment({ ...repo, pull_number: pull.number, comment_id: remark.id, body: "so" })).data.in_reply_to_id === remark.id;
seen.reviews = (await octokit.pulls.listReviews({ ...repo, pull_number: pull.number })).data.map((r) => r.state);
const run = (await app.checks.create({ ...repo, name: "octo-check", head_sha: pull.head.sha, status: "in_progress" })).data;
await app.checks.update({ ...repo, check_run_id: run.id, conclusion: "success", output: { title: "t", summary: "s" } });
seen.check = (await octokit.checks.listForRef({ ...repo, ref: pull.head.sha, check_name: "octo-check" })).data.check_runs.map((r) => [r.name, r.conclusion]);
await octokit.repos.createCommitStatus({ ...repo, sha: pull.head.sha, state: "success", context: "octo/status" });
seen.status = (await octokit.repos.getCombinedStatusForRef({ ...repo, ref: pull.head.sha })).data.state;
const content = (await octokit.repos.getContent({ ...repo, path: "octo/file.txt", ref: FORGE_BRANCH })).data;
seen.content = Buffer.from(content.content, "base64").toString();
seen.ready = (await octokit.graphql(
  "mutation($id: ID!) { markPullRequestReadyForReview(input: { pullRequestId: $id }) { pullRequest { isDraft } } }", { id: pull.node_id },
)).markPullRequestReadyForReview.pullRequest.isDraft;
seen.merged = (await reviewer.pulls.merge({ ...repo, pull_number: pull.number, merge_method: "squash" })).data.merged;
seen.isMerged = (await octokit.pulls.checkIfMerged({ ...repo, pull_number: pull.number })).status;

console.log(JSON.stringify(seen));
