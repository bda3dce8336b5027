using System.Runtime.CompilerServices;
using CodingAgent.Workflows.Gates;
using CodingAgent.Workflows.Secrets;

namespace CodingAgent.Workflows.Tests.Secrets;

/// <summary>What scanners of this kind are known to flag and what is no secret; most of it from the trackers of gitleaks, trufflehog and detect-secrets.</summary>
public sealed class InnocentTests
{
    [Theory]
    // Names that only hold a word that says secret.
    [InlineData("tokenizer = \"distilbert-base-uncased-finetuned-sst-2-english\"")]
    [InlineData("`tokenizationId`: 'f865288c97ca4913887373728b8dfc4c',")]
    [InlineData("secretName: \"my-app-prod-tls-cert-v2\"")]
    [InlineData("secretName: my-app-prod-tls-cert-v2")]
    [InlineData("vaultCredentialId: \"approle-jenkins-2024-production\"")]
    [InlineData("[envVar: 'TF_VAR_APPROLESECRETID', vaultKey: 'inf-vsqt-01-secret-id']")]
    [InlineData("passwordResetTokenExpirationInMinutes2 = 3600000000000000")]
    [InlineData("password_hash: \"$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW\"")]
    [InlineData("password: $2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW")]
    [InlineData("token_file = /var/run/Secrets/Service2/tokenFile")]
    [InlineData("- \"MONGO_INITDB_ROOT_PASSWORD_FILE=/run/secrets/db_username\"")]
    [InlineData("private_key = \"/etc/ssl/private/server-2024.pem\"")]
    [InlineData("apiKeyHeader = \"X-Goog-Api-Key-2\"")]
    [InlineData("tokens = max_position_embeddings_4096")]
    [InlineData("nextPageToken: \"CAUQAAoVChIJd8BlQ2BZwokRAFUEcm_qrcA\"")]
    [InlineData("accessKeyId: 'deployment-2024-production-eu1'")]
    [InlineData("\"key\": \"ctrl+shift+down\",")]
    [InlineData("client.write('Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\\r\\n')")]
    [InlineData("badge.svg?badge_key=SkxZcStBeExEdVJqQ2hWYnlWckpkNmNEY213SFp6WHFETWk2bGFuY3pCbz0tLXhqbHJsVlZhQnRBdEpo")]
    [InlineData("var cacheKey = \"f865288c97ca4913887373728b8dfc4c\";")]
    [InlineData("monkey = \"f865288c97ca4913887373728b8dfc4c\"; key: \"f865288c97ca4913887373728b8dfc4c\"")]
    [InlineData("publicKey = \"AAAAB3NzaC1yc2EAAAADAQABAAABAQC7vbqajDRn5TqDSwzXo\"")]
    // Styles, code, translations.
    [InlineData(".sk-circle-fade-dot-animation-delay { }")]
    [InlineData(".sk-circle-fade-dot-12-animation-delay { }")]
    [InlineData("callFunctionCheckIfDataAlreadyExistsPerpetualSubinventory")]
    [InlineData("recallNoticesRecallBusinessUnits-validation-group-1297083594-1")]
    [InlineData("var token = parseToken2FromHeaderValue;")]
    [InlineData("token = await this.oauth2Client.getAccessToken2(request);")]
    [InlineData("password: process.env.DB_PASSWORD_2024")]
    [InlineData("const isValid = token === expectedToken2 && secret !== other;")]
    [InlineData("\"auth.password.error.tooShort2\": \"Das Passwort muss mindestens 12 Zeichen lang sein\"")]
    [InlineData("secret: builder.Configuration[\"Authentication:Google:ClientSecret\"],")]
    [InlineData("e.prototype.setPassword=function(t){this.pwd=t.charCodeAt(0)^255&e[1]}")]
    [InlineData("public const string ApiKeyHeader = \"X-Api-Key\";")]
    [InlineData("Identifier s.someLongPropertyNameOfThem and b.anotherLongPropertyNameHe")]
    // Places that are filled in later, and what stands in manuals.
    [InlineData("password = \"${DB_PASSWORD_2024_PRODUCTION}\"")]
    [InlineData("password: \"{{ vault_db_password_2 }}\"")]
    [InlineData("token: ${{ secrets.DEPLOY_TOKEN_2 }}")]
    [InlineData("postgres://app:${DB_PASSWORD}@db.internal:5432/app")]
    [InlineData("postgres://app:app@localhost:5432/app")]
    [InlineData("postgres://user:password123@localhost:5432/app")]
    [InlineData("Authorization: Bearer YOUR_ACCESS_TOKEN_1")]
    [InlineData("AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE")]
    [InlineData("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")]
    [InlineData("GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")]
    [InlineData("ANTHROPIC_API_KEY=sk-ant-api03-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")]
    [InlineData("DD_API_KEY=11111111111111111111111111111111")]
    [InlineData("client_secret: \"xxxxxxxxxxxxxxxxxxxxxxxx\"")]
    [InlineData("id: \"_env:SALESFORCE_CLIENT_SECRET:REDACTED\"")]
    [InlineData("string password = \"change-me-please-now\";")]
    [InlineData("AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;")]
    [InlineData("token = \"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c\"")]
    [InlineData("if (text.StartsWith(\"-----BEGIN PRIVATE KEY-----\")) return Kind.Pem;")]
    [InlineData("`-----BEGIN RSA PRIVATE KEY----- MIIEpQIBAAKCAQEAuyf/lNrH9ck8DmNyo3fG... -----END RSA PRIVATE KEY-----`")]
    // Hashes, ids, certificates, public keys.
    [InlineData("\"integrity\": \"sha512-GDHVin2EJ9PGJ33VMGlqtPcvUlY+pkTbaWs4jWv8oBaEK8UUBzS5ZpEc4xi7Xp5vIXnVsCSLKNC6bgvR9X/AoQ==\",")]
    [InlineData("github.com/Azure/go-autorest/autorest/azure/auth v0.5.11 h1:P6bYXFoao05z5uhOQzbC3Qd8JqF3jUoocoTeIxkp2cA=")]
    [InlineData("org.slf4j:slf4j-api:2.0.6=default")]
    [InlineData("SRCREV = \"2b4c1d0e9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c\"; SRC_URI = \"git://x/y;branch=main\"")]
    [InlineData("<script src=a.js integrity=\"sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC\" crossorigin></script>")]
    [InlineData("_upgrade-secret-token-2022.01: 732f51d4-033a-47be-baf4-c4d2a22f9368")]
    [InlineData("'Lock-Token': 'urn:uuid:a515cfa4-5da4-22e1-f5b5-00a0451e6bf7'")]
    [InlineData("\"contentHash\": \"w5N2OU8AO0aYvGxUwm9Xx5r0u1xVzD3jJ3mJ2yQ6gXc8lM7kP4sT9qZ0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sTw==\"")]
    [InlineData("background: url(data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg==)")]
    [InlineData("\"value\": \"data:image/jpeg;base64,/9j/4AAQSkZJRgABAQEASABIAAD/4gxYSUNDX1BST0ZJTEUAAQEAAAxITGlubwIQAABtbnRyUkdCIFhZWiAHzgACAAkABgAxAABhY3NwTVNGVA\"")]
    [InlineData("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7vbqajDRn5TqDSwzXoAuFSYvGP0oJYz1uYkPwYsL8XGvM2r9yT0nQ me@host")]
    [InlineData("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu1SU1LfVLPHCozMxH2Mo4lgOEePzNm0tRgeLezV6ffAt0gunVTLw7onLRnrq0")]
    [InlineData("MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJRTESMBAGA1UEChMJQmFsdGltb3JlMRMwEQYDVQQL")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu1SU1LfVLPHCozMxH2Mo\n-----END PUBLIC KEY-----")]
    [InlineData("{\"version\":3,\"mappings\":\"AAAA,SAASA,KAAKC,GAAGC,OAAOC,IAAIC,QAAQC,IAAI,CAACC,IAAI,CAACC,GAAG,EAAEC,MAAM,CAACC\"}")]
    [InlineData("CanonicalUser: 79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be")]
    [InlineData("basic authentication-with-passwords-2024")]
    [InlineData("pypi-publish-with-trusted-publishing-and-a-very-long-name-1")]
    [InlineData("[![codecov](https://codecov.io/gh/a/b/graph/badge.svg?token=xcfqHhJC37)](https://codecov.io/gh/a/b)")]
    [InlineData("client.sAdd(\"users:1:tokens\", \"Tm9kZSBSZWRpcw==\");")]
    [InlineData("docker run --rm -u 1000:1000 -v \"$PWD:/src\" image")]
    [InlineData("_.push(encodeChunk(s,x,C=a-u;x<C;x+=w)_.push(e(s,x,x+w>C?C:x+w));1===u?(o=s[a-1],_.push(i[o>>2]+i[o<<4&63]")]
    [InlineData("ghe_0123456789abcdefghijABCDEFGHIJ012345 is of no issuer")]
    [InlineData("db_secret_arn = \"arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-A1b2C3\"")]
    [InlineData("password: ENC[AES256_GCM,data:p673w7MuhA6ZKQ==,iv:YY1jRVZ3fkmZzHYT,tag:c3Q0cw==,type:str]")]
    [InlineData("connectionString: '@Microsoft.KeyVault(SecretUri=https://acme.vault.azure.net/secrets/db/0123456789abcdef)'")]
    public void Innocent_IsLeftAlone(string text) =>
        SecretScanner.Scan([.. text.Split('\n').Select((l, i) => new AddedLine("a.txt", i + 1, l))], []).Held.ShouldBeEmpty();

    /// <summary>Every file of this repository: lock files, recorded histories, generated code, tests about secrets.</summary>
    [Fact]
    public void ThisRepository_HoldsNoSecret()
    {
        var root = Path.GetFullPath(Path.Combine(Here(), "..", "..", ".."));
        var files = Directory.EnumerateFiles(root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            .Where(f => !f.Split('/').Any(p => p is "bin" or "obj" or "node_modules" or "artifacts" or ".git"))
            .Where(f => Path.GetExtension(f) is ".cs" or ".md" or ".json" or ".yml" or ".yaml" or ".props" or ".csproj" or ".js" or ".mjs" or ".sh" or ".txt" or ".sln" or "").ToArray();
        files.Length.ShouldBeGreaterThan(1000);
        var held = new List<string>();
        Parallel.ForEach(files, file =>
        {
            var found = SecretShapes.Scan(File.ReadAllText(file));
            lock (held)
                held.AddRange(found.Select(f => $"{Path.GetRelativePath(root, file)}: {f.Id}"));
        });
        held.Order(StringComparer.Ordinal).ShouldBeEmpty();
    }

    /// <summary>Long lines and texts made to be slow end soon; what is quadratic would hang here. A minified file is one line of millions of characters.</summary>
    [Theory]
    [InlineData("a1B2", 10_000_000)]
    [InlineData("!function(e,t){\"object\"==typeof exports?module.exports=t():e.tokenKey=t(e.secret||n(12))}(this,a.b);", 10_000_000)]
    [InlineData("token=")]
    [InlineData("://")]
    [InlineData("a:b@://")]
    [InlineData("AKIA")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\n")]
    [InlineData("-----END RSA PRIVATE KEY-----AAAA")]
    [InlineData("password=\"")]
    [InlineData("\\u0041")]
    [InlineData("%41")]
    [InlineData("eyJhbGciOiJI.")]
    [InlineData("+ASt")]
    [InlineData("datadog")]
    [InlineData("sk-")]
    [InlineData("{\"password\":\"\\")]
    public void LongOrHostileText_EndsSoon(string piece, int length = 200_000)
    {
        var text = string.Concat(Enumerable.Repeat(piece, length / piece.Length));
        SecretShapes.Mask(text).Length.ShouldBeLessThanOrEqualTo(text.Length);
    }

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
