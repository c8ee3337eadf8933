"""Stands before a Postgres without TLS and speaks TLS to its client, in records as large as TLS has them (16 kB).

Postgres itself sends at most 8 kB in one before version 17; what terminates TLS in front of it sends as much as it has.
Arguments: the port to listen on, the server's port, a folder for key and certificate.
"""

import socket
import ssl
import subprocess
import sys
import threading

listening, target, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
key, certificate = f"{folder}/tls.key", f"{folder}/tls.crt"
subprocess.run(
    ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-subj", "/CN=localhost"],
    check=True, capture_output=True)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)


def upstream(client, server):
    try:
        while data := client.recv(65536):
            server.sendall(data)
    except OSError:
        pass
    server.close()


def gathered(server):
    """What the server sends before it pauses."""
    data = server.recv(65536)
    server.settimeout(0.02)
    try:
        while more := server.recv(65536):
            data += more
    except TimeoutError:
        pass
    server.settimeout(None)
    return data


def serve(plain):
    try:
        plain.recv(8)  # SSLRequest
        plain.sendall(b"S")
        client = context.wrap_socket(plain, server_side=True)
        server = socket.create_connection(("127.0.0.1", target))
        threading.Thread(target=upstream, args=(client, server), daemon=True).start()
        while data := gathered(server):
            client.sendall(data)
        client.close()
    except OSError:
        plain.close()


listener = socket.create_server(("127.0.0.1", listening))
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
