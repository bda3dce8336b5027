using System.Text.RegularExpressions;

namespace CodingAgent.Workflows.Gates;

/// <summary>
/// Whether a line of code opens connections or listens, by language: what clients, sockets and servers are called there. Words in strings and
/// comments do not count, as far as one line tells. A table to look first with, and no proof of the contrary: who wants to can hide a call.
/// </summary>
internal static class NetworkCode
{
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    // What is imported by a name in quotes is looked for in the line as it is.
    private static readonly (string Endings, string? Code, string? Quoted)[] Table =
    [
        (".cs .fs .vb .razor .cshtml", @"\b(HttpClient|IHttpClientFactory|HttpListener|WebClient|HttpWebRequest|WebRequest|TcpClient|TcpListener|UdpClient|ClientWebSocket|SmtpClient|FtpWebRequest|QuicConnection|QuicListener|HubConnectionBuilder|GrpcChannel|NetworkStream|SshClient|SftpClient|HttpRequestMessage|HttpMessageHandler)\b|\busing System\.Net\.(Http|Sockets|WebSockets|Mail)\b|\bnew Socket\b|\bDns\.|\bSocketType\.|\.(UseUrls|ListenAnyIP|ListenLocalhost)\s*\(", null),
        (".py .pyi .ipynb", @"^\s*(import|from)\s+(requests|httpx|aiohttp|urllib3|urllib\.request|http\.client|http\.server|socket|socketserver|websockets?|paramiko|ftplib|smtplib|telnetlib|pycurl|grpc|xmlrpc|asyncssh)\b|\b(requests|httpx)\.(get|post|put|patch|delete|head|options|request|Session|Client|AsyncClient)\b|\bsocket\.(socket|create_connection|create_server)\b|^\s*from\s+urllib\s+import\s.*\brequest\b|\burlopen\s*\(|\bopen_connection\s*\(|\bstart_server\s*\(", null),
        (".js .jsx .ts .tsx .mjs .cjs .mts .cts .vue .svelte", @"(^|[^\w.$])fetch\s*\(|\b(window|globalThis|self)\.fetch\b|\baxios\b|\bnew (WebSocket|XMLHttpRequest|EventSource|WebTransport|RTCPeerConnection)\b|\bsendBeacon\s*\(|\bimportScripts\s*\(|\.listen\s*\(|\b(Deno|Bun)\.(connect|listen|serve)\b", @"\b(require|from|import)\s*\(?\s*['""`](node:)?(https?|http2|net|tls|dgram|dns|ws|axios|got|node-fetch|undici|superagent|request|socket\.io(-client)?|nodemailer|ssh2|ky|needle|grpc|@grpc/grpc-js|@angular/common/http)(/[^'""`]*)?['""`]"),
        (".go", @"\b(net|tls)\.(Dial|Listen)\w*|\bhttp\.(Get|Post|Head|PostForm|NewRequest\w*|ListenAndServe\w*|Serve|ServeTLS|Client|DefaultClient|Server)\b|\b(net\.Dialer|net\.Resolver|net\.Lookup\w+)\b|\bgrpc\.(Dial\w*|NewClient|NewServer)\b|\bwebsocket\.Dial|\b(smtp|ssh|rpc)\.Dial\w*", null),
        (".java .kt .kts .scala .groovy", @"\b(HttpClient|HttpURLConnection|URLConnection|ServerSocket|DatagramSocket|SocketChannel|OkHttpClient|RestTemplate|WebClient|RestClient|Retrofit|HttpServer|ManagedChannelBuilder|JavaMailSender|FtpClient|FTPClient)\b|\bnew Socket\b|\b(openConnection|openStream)\s*\(|\bSocket\s*\(", null),
        (".rs", @"\b(TcpStream|TcpListener|UdpSocket|UnixStream|reqwest|ureq|hyper|isahc|tungstenite|tokio_tungstenite|awc|surf)\b|\btonic::transport\b", null),
        (".rb .rake", @"\bNet::(HTTP|FTP|SMTP|SSH|IMAP|POP3)\b|\b(TCPSocket|TCPServer|UDPSocket|UNIXSocket|Faraday|HTTParty|RestClient|Excon|Typhoeus|HTTPX)\b|\bURI\.open\b", @"\brequire\s+['""](net/\w+|open-uri|socket|faraday|httparty|rest-client)['""]"),
        (".php", @"\b(curl_(init|exec|multi_exec)|fsockopen|pfsockopen|stream_socket_(client|server)|socket_(create|connect|listen))\s*\(|\bGuzzleHttp\b|\bHttp::(get|post|put|patch|delete|withToken)\b", @"\b(file_get_contents|fopen|copy|include|require)\s*\(?\s*['""](https?|ftp)://"),
        (".sh .bash .zsh .bats .ksh", @"(^|[;&|(\s`!])(curl|wget|nc|ncat|netcat|socat|ssh|scp|sftp|rsync|telnet|ftp|aria2c|dig|nslookup)(\s|$)|/dev/(tcp|udp)/", @"/dev/(tcp|udp)/|\$\(\s*(curl|wget|nc|dig)\s"),
        (".ps1 .psm1 .bat .cmd", @"\b(Invoke-WebRequest|Invoke-RestMethod|Start-BitsTransfer|Net\.WebClient|Net\.Sockets|iwr|irm|curl|certutil|bitsadmin)\b", null),
        (".c .cc .cpp .cxx .h .hh .hpp .m .mm", @"\bsocket\s*\(\s*(AF_|PF_)|\b(getaddrinfo|gethostbyname|inet_pton|inet_addr|WSAStartup|InternetOpen\w*|WinHttpOpen)\s*\(|\bstruct sockaddr\w*|\bcurl_easy_\w+|\b(boost::)?asio::|\bQ(TcpSocket|TcpServer|UdpSocket|NetworkAccessManager)\b", null),
        (".swift", @"\b(URLSession|NWConnection|NWListener|CFSocket\w*)\b", null),
        (".dart", @"\b(HttpClient|ServerSocket|RawSocket|WebSocket)\b|\bSocket\.connect\b", @"['""]package:(http|dio|web_socket_channel)/"),
        (".ex .exs .erl", @"\b(HTTPoison|Finch|Tesla|Req)\.\w+|:(gen_tcp|gen_udp|ssl|hackney|httpc)\b", null),
        (".pl .pm .lua .r .jl", @"\b(LWP|IO::Socket|HTTP::Tiny|Mojo::UserAgent|socket\.(tcp|udp|http)|download\.file|curl_fetch\w*|Sockets\.connect)\b", @"\brequire\s*\(?['""](socket|ssl)\b"),
    ];

    private static readonly Dictionary<string, (Regex? Code, Regex? Quoted)> ByEnding = Table
        .SelectMany(t => t.Endings.Split(' ').Select(e => (e, (Of(t.Code), Of(t.Quoted))))).ToDictionary(t => t.e, t => t.Item2, StringComparer.OrdinalIgnoreCase);

    /// <summary>True for a line that opens connections or listens.</summary>
    /// <param name="path">File, whose ending says the language.</param>
    /// <param name="line">The line.</param>
    public static bool IsIn(string path, string line)
    {
        if (!ByEnding.TryGetValue(SourceLine.EndingOf(path), out var of))
            return false;
        var code = SourceLine.Code(path, line);
        return code.Length > 0 && (of.Code?.IsMatch(code) == true || of.Quoted?.IsMatch(line) == true);
    }

    private static Regex? Of(string? pattern) => pattern is null ? null : new Regex(pattern, Options);
}
