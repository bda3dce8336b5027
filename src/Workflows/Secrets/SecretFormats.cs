namespace CodingAgent.Workflows.Secrets;

/// <summary>
/// The formats that are known, one a row: add a row and it is found in pushes, words, logs and traces, and listed in docs/guide/secrets.md (a test
/// compares). Each as its issuer documents it; where none does, as public scanners agree on (GitHub's list of supported patterns, the rules of
/// gitleaks and trufflehog).
/// </summary>
internal static class SecretFormats
{
    // Between a vendor's word in a name and the value: the rest of the name, quotes, an operator.
    private const string Is = """[\w.-]{0,30}["'`\])]{0,2}[ \t]{0,4}(:|=|:=|=>|,)[ \t]{0,4}["'`]?""";
    private const string Uuid = "(?<value>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})";

    /// <summary>All rows.</summary>
    public static IReadOnlyList<SecretFormat> All { get; } =
    [
        // https://docs.github.com/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats
        new("github-token", "GitHub", "ghp_ gho_ ghu_ ghs_ ghr_", "gh[pousr]_[A-Za-z0-9]{36,255}") { IsCertain = Checksums.EndsWithCrc },
        new("github-fine-grained", "GitHub", "github_pat_", "github_pat_[A-Za-z0-9_]{60,255}"),

        // https://docs.gitlab.com/security/tokens/#token-prefixes
        new("gitlab-token", "GitLab", "glpat- gldt- glrt- glrtr- glcbt- glptt- glft- glimt- glagent- glsoat- gloas- glffct- glwt-",
            @"gl(pat|dt|rt|rtr|cbt|ptt|ft|imt|agent|soat|oas|ffct|wt)-[A-Za-z0-9_\-]{20,300}(\.[0-9a-z]{2}\.?[0-9a-z]{7,9})?"),
        new("gitlab-runner", "GitLab", "GR1348941", @"GR1348941[A-Za-z0-9_\-]{20}"),
        new("gitlab-session", "GitLab", "_gitlab_session=", "_gitlab_session=(?<value>[0-9a-f]{32})"),

        // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
        new("aws-key-id", "AWS", "AKIA ASIA ABIA ACCA A3T", "A(KIA|SIA|BIA|CCA|3T[A-Z0-9])[A-Z2-7]{16}") { Whole = true },
        new("aws-secret", "AWS", "aws_secret awssecret aws_sec secretaccesskey secret_access_key secret-access-key",
            """[a-z_\-]{9,40}["'`\])]{0,2}[ \t]{0,4}(:|=|:=|=>|,)[ \t]{0,4}["'`]?(?<value>[A-Za-z0-9+/]{40})""") { AnyCase = true, Whole = true, Check = HasAll },
        new("aws-key-pair", "AWS", "AKIA ASIA", """A[KS]IA[A-Z2-7]{16}["']?[ \t]{0,2}[,:; ][ \t]{0,2}["']?(?<value>[A-Za-z0-9+/]{40})""") { Whole = true, Check = HasAll },
        new("aws-session", "AWS", "session_token sessiontoken security_token", """[a-z_]{12,14}["'`\])]{0,2}[ \t]{0,4}(:|=|=>)[ \t]{0,4}["'`]?(?<value>[A-Za-z0-9+/]{100,400})""") { AnyCase = true, Check = IsMixed },
        new("aws-bedrock", "AWS", "ABSK bedrock-api-key-", "(ABSK[A-Za-z0-9+/]{109,269}|bedrock-api-key-[A-Za-z0-9+/=]{28,400})"),

        // https://cloud.google.com/docs/authentication/api-keys, https://developers.google.com/identity/protocols/oauth2#size
        new("google-api-key", "Google", "AIza", @"AIza[A-Za-z0-9_\-]{35}"),
        new("google-client-secret", "Google", "GOCSPX-", @"GOCSPX-[A-Za-z0-9_\-]{24,40}"),
        new("google-access-token", "Google", "ya29.", @"ya29\.[A-Za-z0-9_\-]{30,450}"),
        new("google-refresh-token", "Google", "1//0", @"1//0[A-Za-z0-9_\-]{38,200}") { Whole = true, Check = IsMixed },
        new("google-service-account", "Google", "private_key_id", """private_key_id["']?\s{0,4}[:=]\s{0,4}["']?(?<value>[0-9a-f]{40})"""),

        // https://github.com/microsoft/security-utilities (identifiable keys), https://learn.microsoft.com/azure/storage/common/storage-sas-overview
        new("azure-key", "Azure", "AccountKey= SharedAccessKey= SharedSecretKey=", "(AccountKey|SharedAccessKey|SharedSecretKey)=(?<value>[A-Za-z0-9+/]{40,90}={0,2})") { AnyCase = true },
        new("azure-identifiable-key", "Azure", "APIM ACDb +ABa +AMC +ASt", "[A-Za-z0-9+/]{76}(APIM|ACDb|\\+(ABa|AMC|ASt))[A-Za-z0-9+/]{5}[AQgw]==") { Lead = 76 },
        new("azure-identifiable-short", "Azure", "AIoT +ASb +AEh +ARm", "[A-Za-z0-9+/]{33}(AIoT|\\+(ASb|AEh|ARm))[A-P][A-Za-z0-9+/]{5}=") { Lead = 33 },
        new("azure-identifiable-search", "Azure", "AzSe +ACR AzFu AzCa", "[A-Za-z0-9+/]{42,46}(AzSe|\\+ACR|AzFu|AzCa)[A-Za-z0-9+/]{5,7}={0,2}") { Lead = 46, Whole = true },
        new("azure-sas", "Azure", "sig=", "sig=(?<value>[A-Za-z0-9+/%]{40,120}(%3D|=))") { AnyCase = true },
        new("azure-client-secret", "Azure", "Q~", @"[A-Za-z0-9_~.\-]{3}[0-9]Q~[A-Za-z0-9_~.\-]{31,34}") { Lead = 4 },
        new("azure-devops", "Azure DevOps", "AZDO", "[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}") { Lead = 76, Whole = true },
        new("azure-devops-old", "Azure DevOps", "azure_devops vsts_ system_accesstoken ado_pat devops_pat", $"[a-z_]{{5,30}}{Is}(?<value>[a-z0-9]{{52}})") { AnyCase = true, Whole = true },

        // https://api.slack.com/authentication/token-types, https://api.slack.com/messaging/webhooks
        new("slack-token", "Slack", "xoxa- xoxb- xoxc- xoxd- xoxe- xoxo- xoxp- xoxr- xoxs- xoxe.xox", "xox[abcdeoprs](\\.xox[bp])?-[A-Za-z0-9%/+-]{20,400}"),
        new("slack-app", "Slack", "xapp-", "xapp-[0-9]-[A-Za-z0-9]{5,20}-[0-9]{5,20}-[A-Za-z0-9]{20,100}"),
        new("slack-webhook", "Slack", "hooks.slack.com/", "hooks\\.slack\\.com/(?<value>(services|workflows|triggers)/[A-Za-z0-9+/]{30,120})"),

        // https://docs.stripe.com/keys
        new("stripe-key", "Stripe", "sk_live_ sk_test_ sk_prod_ rk_live_ rk_test_ rk_prod_", "[sr]k_(live|test|prod)_[A-Za-z0-9]{16,250}"),
        new("stripe-webhook", "Stripe", "whsec_", "whsec_[A-Za-z0-9+/]{32,64}"),

        // Model providers: the keys as their consoles show them.
        new("openai-key", "OpenAI", "T3BlbkFJ", @"sk-[A-Za-z0-9_\-]{20,150}T3BlbkFJ[A-Za-z0-9_\-]{20,150}") { Lead = 153 },
        new("anthropic-key", "Anthropic", "sk-ant-", @"sk-ant-[A-Za-z0-9]{3,10}-[A-Za-z0-9_\-]{24,200}"),
        new("openrouter-key", "OpenRouter", "sk-or-v1-", "sk-or-v1-[a-f0-9]{64}"),
        new("sk-key", "OpenAI or a service like it", "sk- sk_ rk-", @"[sr]k[-_](proj-|svcacct-|admin-|live_|test_)?[A-Za-z0-9_\-]{24,250}") { Whole = true, Check = v => v.Any(char.IsAsciiDigit) && !Randomness.IsWords(v) && (v[2] == '-' || IsMixed(v)) },
        new("huggingface-token", "Hugging Face", "hf_ api_org_", "(hf|api_org)_[A-Za-z0-9]{30,40}") { Whole = true, Check = v => !Randomness.IsWords(v) },
        new("groq-key", "Groq", "gsk_", "gsk_[A-Za-z0-9]{48,56}") { Whole = true },
        new("perplexity-key", "Perplexity", "pplx-", "pplx-[A-Za-z0-9]{40,56}"),
        new("replicate-token", "Replicate", "r8_", "r8_[A-Za-z0-9]{37}") { Whole = true },
        new("xai-key", "xAI", "xai-", "xai-[A-Za-z0-9]{70,90}"),
        new("nvidia-key", "NVIDIA", "nvapi-", @"nvapi-[A-Za-z0-9_\-]{60,70}"),
        new("langsmith-key", "LangSmith", "lsv2_", "lsv2_(pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}"),

        // Package registries. https://github.blog/changelog/2021-09-23-npm-has-a-new-access-token-format/, https://pypi.org/help/#apitoken, https://learn.microsoft.com/nuget/nuget-org/scoped-api-keys
        new("npm-token", "npm", "npm_", "npm_[A-Za-z0-9]{36}") { Whole = true, IsCertain = Checksums.EndsWithCrc },
        new("npmrc-token", "npm", "_authToken", """_authToken["']?\s{0,2}[=:]\s{0,2}["']?(?<value>[A-Za-z0-9_=/+.\-]{20,400})"""),
        new("npmrc-auth", "npm", "_auth", """_auth["']?\s{0,2}[=:]\s{0,2}["']?(?<value>[A-Za-z0-9/+]{20,400}={0,2})""") { Whole = true, Check = IsMixed },
        new("pypi-token", "PyPI", "pypi-AgE", @"pypi-AgE[A-Za-z0-9_\-]{50,450}"),
        new("nuget-key", "NuGet", "oy2", "oy2[a-z0-9]{43}") { Whole = true },
        new("nuget-config", "NuGet", "cleartextpassword", """cleartextpassword["']?\s{0,4}(value\s{0,2}=|[:=])\s{0,2}["'](?<value>[^"'\s]{8,200})["']""") { AnyCase = true, Check = v => !Randomness.IsReference(v) },
        new("docker-token", "Docker Hub", "dckr_pat_ dckr_oat_", @"dckr_[po]at_[A-Za-z0-9_\-]{20,64}"),
        new("docker-auth", "Docker", "\"auth\"", @"""auth""\s{0,4}:\s{0,4}""(?<value>[A-Za-z0-9+/_\-]{16,400}={0,2})""") { Check = IsMixed },
        new("rubygems-key", "RubyGems", "rubygems_", "rubygems_[a-f0-9]{48}"),
        new("crates-token", "crates.io", "cio", "cio[A-Za-z0-9]{32}") { Whole = true, Check = Randomness.IsRandom },
        new("clojars-token", "Clojars", "CLOJARS_", "CLOJARS_[a-z0-9]{60}"),
        new("artifactory-key", "JFrog", "AKCp cmVmd", "(AKCp[A-Za-z0-9]{69}|cmVmd[A-Za-z0-9]{59})") { Whole = true },
        new("grafana-cloud", "Grafana", "glc_", "glc_[A-Za-z0-9+/]{32,400}") { Check = IsMixed },

        new("curl-user", "a password on a command line", "-u --user", """\s-(u|-user)[ =]{0,2}["']?[^\s:"']{1,60}:(?<value>[^\s"'$()]{8,120})""") { Lead = 1, Check = v => Randomness.IsRandom(v) || Randomness.IsPassword(v) },

        // Mail and messages.
        new("sendgrid-key", "SendGrid", "SG.", @"SG\.[A-Za-z0-9_\-]{20,24}\.[A-Za-z0-9_\-]{39,50}"),
        new("twilio-key", "Twilio", "SK", "SK[0-9a-fA-F]{32}") { Whole = true },
        new("mailgun-key", "Mailgun", "key-", "key-[0-9a-f]{32}") { Whole = true },
        new("mailgun-signing", "Mailgun", "mailgun", $"mailgun{Is}(?<value>[0-9a-f]{{32}}-[0-9a-f]{{8}}-[0-9a-f]{{8}})") { AnyCase = true },
        new("mailchimp-key", "Mailchimp", "-us", "[0-9a-f]{32}-us[0-9]{1,2}") { Lead = 32, Whole = true },
        new("brevo-key", "Brevo", "xkeysib- xsmtpsib-", "x(key|smtp)sib-[a-f0-9]{64}-[A-Za-z0-9]{16}"),
        new("resend-key", "Resend", "re_", "re_[A-Za-z0-9]{8,12}_[A-Za-z0-9]{22,26}") { Whole = true, Check = IsMixed },
        new("telegram-token", "Telegram", ":AA", @"[0-9]{8,10}:AA[A-Za-z0-9_\-]{33}") { Lead = 10, Whole = true },
        new("discord-webhook", "Discord", "/api/webhooks/", @"/api/webhooks/(?<value>[0-9]{17,20}/[A-Za-z0-9_\-]{60,70})"),
        new("discord-token", "Discord", "\"M 'M =M `M \"N 'N =N `N \"O 'O =O `O", """["'`=](?<value>[MNO][A-Za-z0-9]{23,25}\.[A-Za-z0-9_\-]{6}\.[A-Za-z0-9_\-]{27,38})""") { Whole = true },
        new("teams-webhook", "Microsoft Teams", ".webhook.office.com/", """\.webhook\.office\.com/(?<value>[^\s"'<>]{60,300})""") { AnyCase = true },

        // Secret stores. https://developer.hashicorp.com/vault/docs/concepts/tokens#token-prefixes
        new("vault-token", "Vault", "hvs. hvb. hvr.", @"hv[sbr]\.[A-Za-z0-9_\-]{24,300}"),
        new("vault-old-token", "Vault", "s. b.", @"[sb]\.[A-Za-z0-9]{24}") { Whole = true, Check = v => Randomness.IsRandom(v[2..]) },
        new("terraform-token", "Terraform Cloud", ".atlasv1.", @"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=\-]{60,70}") { Lead = 14 },
        new("1password-account", "1Password", "ops_eyJ", "ops_eyJ[A-Za-z0-9+/=_-]{100,490}"),
        new("1password-key", "1Password", "A3-", "A3-[A-Z0-9]{6}-([A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}") { Whole = true },
        new("doppler-token", "Doppler", "dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.", @"dp\.(pt|st|ct|sa|scim|audit)\.([a-z0-9_\-]{2,35}\.)?[A-Za-z0-9]{40,44}"),
        new("infisical-token", "Infisical", "st.", @"st\.[0-9a-f]{24}\.[0-9a-f]{32}\.[0-9a-f]{32}") { Whole = true },

        // Keys by themselves. PEM blocks, PuTTY and SSH2 keys are found by code (PrivateKeys), because they have many lines.
        new("private-key-body", "a private key", "MII MHcCAQEE b3BlbnNzaC1rZXktdjE", @"(MII[A-Za-z0-9+/]{3}IB(AAKC|ADAN|ADBM|AAKB)[A-Za-z0-9+/=]{44,480}|MHcCAQEEI[A-Za-z0-9+/=]{30,480}|b3BlbnNzaC1rZXktdjE[A-Za-z0-9+/=]{24,480})"),
        new("age-key", "age", "AGE-SECRET-KEY-1", "AGE-SECRET-KEY-1[0-9A-Z]{58}"),
        new("wireguard-key", "WireGuard", "PrivateKey PresharedKey", @"(PrivateKey|PresharedKey) ?= ?(?<value>[A-Za-z0-9+/]{43}=)"),
        new("json-web-key", "a private JSON web key", "\"d\"", @"""d""\s{0,4}:\s{0,4}""(?<value>[A-Za-z0-9_\-]{40,450})") { Check = IsMixed },
        new("json-web-key-oct", "a symmetric JSON web key", "\"k\"", @"""k""\s{0,4}:\s{0,4}""(?<value>[A-Za-z0-9_\-]{22,450})") { Check = IsMixed },

        // RFC 7519.
        new("jwt", "a JSON web token", "eyJ", @"eyJ[A-Za-z0-9_\-]{10,200}\.eyJ[A-Za-z0-9_\-]{10,270}(\.[A-Za-z0-9_\-]{10,100})?") { Check = v => v.Count(c => c == '.') == 2 },
        new("jwt-long", "a JSON web token", ".eyJ", @"\.eyJ[A-Za-z0-9_\-]{270,490}") { Check = IsMixed },

        // Clouds and platforms.
        new("digitalocean-token", "DigitalOcean", "dop_v1_ doo_v1_ dor_v1_", "do[por]_v1_[a-f0-9]{64}"),
        new("heroku-key", "Heroku", "HRKU-AA", @"HRKU-AA[A-Za-z0-9_\-]{58}"),
        new("heroku-uuid", "Heroku", "heroku", $"heroku{Is}{Uuid}") { AnyCase = true },
        new("cloudflare-token", "Cloudflare", "cloudflare cf_api", $"(cloudflare|cf_api){Is}(?<value>[A-Za-z0-9_\\-]{{37,40}})") { AnyCase = true, Whole = true, Check = v => v.Any(char.IsAsciiDigit) && !Randomness.IsWords(v) },
        new("cloudflare-origin", "Cloudflare", "v1.0-", "v1\\.0-[a-f0-9]{24}-[a-f0-9]{146}"),
        new("fly-token", "Fly.io", "fo1_ fm1a_ fm1r_ fm2_", @"(fo1_[A-Za-z0-9_\-]{43}|fm(1[ar]|2)_[A-Za-z0-9+/]{100,480})") { Whole = true },
        new("pulumi-token", "Pulumi", "pul-", "pul-[a-f0-9]{40}") { Whole = true },
        new("alibaba-key-id", "Alibaba Cloud", "LTAI", "LTAI[A-Za-z0-9]{20}") { Whole = true, Check = IsMixed },
        new("tailscale-key", "Tailscale", "tskey-", "tskey-[a-z]{3,10}-[A-Za-z0-9]{8,20}-[A-Za-z0-9]{20,40}"),
        new("render-key", "Render", "rnd_", "rnd_[A-Za-z0-9]{32}") { Whole = true, Check = IsMixed },
        new("netlify-token", "Netlify", "nfp_ nfc_ nfo_ nfu_", "nf[pcou]_[A-Za-z0-9]{36,40}") { Whole = true },
        new("vercel-token", "Vercel", "vercel", $"vercel{Is}(?<value>[A-Za-z0-9]{{24}})") { AnyCase = true, Whole = true, Check = Randomness.IsRandom },
        new("fastly-token", "Fastly", "fastly", $"fastly{Is}(?<value>[A-Za-z0-9_\\-]{{32}})") { AnyCase = true, Whole = true, Check = Randomness.IsRandom },
        new("dynatrace-token", "Dynatrace", "dt0c01. dt0s01. dt0s02. dt0s16.", @"dt0[a-z][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),
        new("octopus-key", "Octopus Deploy", "API-", "API-[A-Z0-9]{26}") { Whole = true, Check = v => v.Count(char.IsAsciiDigit) >= 2 },
        new("databricks-token", "Databricks", "dapi", "dapi[a-f0-9]{32}(-[0-9])?") { Whole = true },
        new("planetscale", "PlanetScale", "pscale_tkn_ pscale_pw_ pscale_oauth_", @"pscale_(tkn|pw|oauth)_[A-Za-z0-9_=.\-]{32,64}"),
        new("supabase-key", "Supabase", "sbp_ sb_secret_", @"(sbp_[a-f0-9]{40}|sb_secret_[A-Za-z0-9_\-]{20,50})"),
        new("confluent-secret", "Confluent", "confluent cflt", $"(confluent|cflt){Is}(?<value>[A-Za-z0-9+/]{{60,64}})") { AnyCase = true },
        new("yandex-key", "Yandex Cloud", "AQVN", @"AQVN[A-Za-z0-9_\-]{35,38}") { Whole = true },
        new("openshift-token", "OpenShift", "sha256~", @"sha256~[A-Za-z0-9_\-]{43}"),

        // Our own REST API (docs/guide/api.md).
        new("coding-agent-key", "Coding Agent", "cak_", "cak_[0-9a-f]{12}_[0-9a-f]{64}") { Whole = true },

        // Tools of work.
        new("shopify-token", "Shopify", "shpat_ shpca_ shppa_ shpss_ shptka_", "shp(at|ca|pa|ss|tka)_[A-Fa-f0-9]{32}"),
        new("linear-key", "Linear", "lin_api_ lin_oauth_", "lin_(api|oauth)_[A-Za-z0-9]{32,64}"),
        new("grafana-token", "Grafana", "glsa_", "glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}"),
        new("grafana-old-key", "Grafana", "eyJrIjoi", "eyJrIjoi[A-Za-z0-9+/]{60,400}"),
        new("datadog-key", "Datadog", "datadog dd_api dd_app", $"(datadog|dd_(api|app)){Is}(?<value>[a-f0-9]{{32}}([a-f0-9]{{8}})?)") { AnyCase = true, Whole = true },
        new("newrelic-key", "New Relic", "NRAK- NRII- NRIQ- NRRA- NRJS- NRAL", @"(NR(AK|II|IQ|RA|JS)-[A-Za-z0-9_\-]{19,42}|[a-f0-9]{36}NRAL)") { Lead = 36, Whole = true },
        new("sentry-token", "Sentry", "sntrys_ sntryu_", "sntry(s_eyJ[A-Za-z0-9+/=_]{60,480}|u_[a-f0-9]{64})"),
        new("sentry-dsn", "Sentry", "@sentry", "https://(?<value>[a-f0-9]{32}:[a-f0-9]{32})@") { Lead = 73 },
        new("atlassian-token", "Atlassian", "ATATT3 ATCTT3 ATBB", @"(AT[AC]TT3[A-Za-z0-9_=\-]{100,300}|ATBB[A-Za-z0-9]{28,36})") { Whole = true },
        new("square-token", "Square", "EAAA sq0atp- sq0csp-", @"(EAAA[A-Za-z0-9_\-]{60}|sq0(atp-[A-Za-z0-9_\-]{22}|csp-[A-Za-z0-9_\-]{43}))") { Whole = true, Check = v => v.StartsWith("sq0", StringComparison.Ordinal) || IsMixed(v) },
        new("paypal-secret", "PayPal", "paypal", $"paypal{Is}(?<value>[A-Za-z0-9_\\-]{{80}})") { AnyCase = true },
        new("braintree-token", "Braintree", "access_token$", @"access_token\$(production|sandbox)\$[a-z0-9]{16}\$[a-f0-9]{32}"),
        new("postman-key", "Postman", "PMAK-", "PMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
        new("figma-token", "Figma", "figd_ figo_ figp_ figh_", @"fig[doph]_[A-Za-z0-9_\-]{40,64}"),
        new("notion-token", "Notion", "ntn_ secret_", "(ntn_[0-9]{11}[A-Za-z0-9]{35}|secret_[A-Za-z0-9]{43})") { Whole = true, Check = IsMixed },
        new("airtable-token", "Airtable", "pat", @"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}") { Whole = true },
        new("airtable-key", "Airtable", "airtable", $"airtable{Is}(?<value>key[A-Za-z0-9]{{14}})") { AnyCase = true, Whole = true },
        new("easypost-key", "EasyPost", "EZAK EZTK", "EZ[AT]K[A-Za-z0-9]{54}") { Whole = true },
        new("shippo-token", "Shippo", "shippo_live_ shippo_test_", "shippo_(live|test)_[A-Fa-f0-9]{40}"),
        new("readme-key", "ReadMe", "rdme_", "rdme_[a-z0-9]{70}"),
        new("sourcegraph-token", "Sourcegraph", "sgp_", "sgp_(([a-f0-9]{16}|local)_)?[a-f0-9]{40}"),
        new("sonar-token", "Sonar", "squ_ sqp_ sqa_", "sq[upa]_[a-f0-9]{40}"),
        new("snyk-token", "Snyk", "snyk", $"snyk{Is}{Uuid}") { AnyCase = true },
        new("posthog-key", "PostHog", "phx_ phs_", "ph[xs]_[A-Za-z0-9]{40,48}") { Whole = true },
        new("flutterwave-key", "Flutterwave", "FLWSECK", "FLWSECK(_TEST)?-[a-z0-9]{32}-X"),
        new("typeform-token", "Typeform", "tfp_", @"tfp_[A-Za-z0-9_.\-]{40,64}"),
        new("infracost-key", "Infracost", "ico-", "ico-[A-Za-z0-9]{32}") { Whole = true, Check = IsMixed },
        new("mapbox-token", "Mapbox", "sk.eyJ", @"sk\.eyJ[A-Za-z0-9_\-]{40,200}\.[A-Za-z0-9_\-]{20,30}"),
        new("maxmind-key", "MaxMind", "_mmk", "[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk") { Lead = 36 },
        new("circleci-token", "CircleCI", "CCIPAT_ CCIPRJ_", "CCIP(AT|RJ)_[A-Za-z0-9]{22}_[a-f0-9]{40}"),
        new("buildkite-token", "Buildkite", "bkua_ bkpt_ bkat_", "bk(ua|pt|at)_[a-f0-9]{40}"),
        new("adobe-secret", "Adobe", "p8e-", "p8e-[A-Za-z0-9_-]{32}") { Whole = true },
        new("postmark-token", "Postmark", "postmark", $"postmark{Is}{Uuid}") { AnyCase = true },
        new("plaid-secret", "Plaid", "plaid", $"plaid{Is}(?<value>[a-f0-9]{{30}})") { AnyCase = true, Whole = true },
        new("facebook-token", "Facebook", "EAAM EAAC", "EAA[MC][A-Za-z0-9]{100,450}") { Whole = true, Check = IsMixed },
        new("duffel-token", "Duffel", "duffel_", @"duffel_(test|live)_[A-Za-z0-9_=\-]{43}"),
        new("frameio-token", "Frame.io", "fio-u-", @"fio-u-[A-Za-z0-9_=\-]{64}"),
        new("harness-token", "Harness", "pat. sat.", @"[ps]at\.[A-Za-z0-9_\-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}") { Whole = true },
        new("prefect-key", "Prefect", "pnu_ pnb_", "pn[ub]_[A-Za-z0-9]{36}") { Whole = true },
        new("scalingo-token", "Scalingo", "tk-us-", @"tk-us-[A-Za-z0-9_\-]{48}") { Whole = true },
        new("defined-token", "Defined Networking", "dnkey-", @"dnkey-[A-Za-z0-9_=\-]{26}-[A-Za-z0-9_=\-]{52}"),
        new("authress-key", "Authress", ".acc_ .acc-", @"(sc|ext|scauth|authress)_[A-Za-z0-9]{5,30}\.[a-z0-9]{4,6}\.acc[_\-][a-z0-9\-]{10,32}\.[A-Za-z0-9+/_=\-]{30,120}") { Lead = 46 },
        new("okta-token", "Okta", "okta", $"okta{Is}(?<value>00[A-Za-z0-9_\\-]{{40}})") { AnyCase = true, Whole = true },
        new("plaid-token", "Plaid", "access-sandbox- access-development- access-production-", "access-(sandbox|development|production)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
        new("clickhouse-key", "ClickHouse Cloud", "4b1d", "4b1d[A-Za-z0-9]{38}") { Whole = true, Check = IsMixed },
        new("contribsys-url", "Sidekiq", ".contribsys.com", "https?://(?<value>[a-f0-9]{8}:[a-f0-9]{8})@[a-z]{3,12}\\.contribsys\\.com") { Lead = 50 },
        new("uuid-key", "a service whose keys are UUIDs", "hubspot_ sendbird_ messagebird_ squarespace_ kucoin_secret", $"[a-z_]{{8,20}}{Is}{Uuid}") { AnyCase = true },
        new("dropbox-token", "Dropbox", "sl.", @"sl\.[A-Za-z0-9_=\-]{130,300}") { Whole = true, Check = IsMixed },

        // What an output or a message cut short, of the best known.
        new("cut-token", "a service, cut short", "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- sk- sk_live_ rk_live_ xoxb- xoxp- npm_ hvs. dckr_pat_ pypi-AgE AIza ya29. SG. hf_ dop_v1_ glsa_",
            @"(gh[pousr]_|github_pat_|glpat-|sk-|[sr]k_live_|xox[bp]-|npm_|hvs\.|dckr_pat_|pypi-AgE|AIza|ya29\.|SG\.|hf_|dop_v1_|glsa_)[A-Za-z0-9_\-]{16,490}") { IsOnlyMasked = true, Check = v => v.Any(char.IsAsciiDigit) && (v.StartsWith("sk-", StringComparison.Ordinal) || !Randomness.IsWords(v)) },
    ];

    private static bool HasAll(string value) => value.Any(char.IsAsciiLetterUpper) && value.Any(char.IsAsciiLetterLower) && value.Any(char.IsAsciiDigit);

    private static bool IsMixed(string value) => HasAll(value) && !Randomness.IsWords(value);
}
