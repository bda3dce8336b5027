using System.Runtime.Versioning;

// As the product: its sandboxes are Linux's.
[assembly: SupportedOSPlatform("linux")]
