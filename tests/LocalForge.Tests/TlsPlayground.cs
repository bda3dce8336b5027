namespace CodingAgent.LocalForge.Tests;

/// <summary>The same forge, served over TLS with a certificate made at its start.</summary>
public sealed class TlsPlayground : Playground
{
    protected override bool Tls => true;
}
