"""A TCP proxy on this machine that can be told to misbehave: to wait, to swallow, to cut connections off."""

import asyncio
import socket
import struct
import threading


class TcpProxy:
    """Forwards connections on `address` to 127.0.0.1:`port` from a thread of its own.

    `delay`: seconds that each piece waits, either way. `stalled`: connections stay, and nothing goes through.
    """

    def __init__(self, port):
        self.target = port
        self.delay = 0.0
        self.stalled = False
        self.writers = set()
        self.loop = asyncio.new_event_loop()
        self.server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.server.sockets[0].getsockname()[1]
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    async def serve(self, reader, writer):
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        for end in (writer, far_writer):
            self.writers.add(end)
        await asyncio.gather(self.pump(reader, far_writer), self.pump(far_reader, writer))
        for end in (writer, far_writer):
            self.writers.discard(end)
            end.close()

    async def pump(self, reader, writer):
        try:
            while piece := await reader.read(65536):
                if self.delay:
                    await asyncio.sleep(self.delay)
                while self.stalled:
                    await asyncio.sleep(0.02)
                writer.write(piece)
                await writer.drain()
        except OSError:
            pass
        writer.close()

    def cut(self):
        """RST to both ends of every connection."""
        def reset():
            for writer in list(self.writers):
                end = writer.get_extra_info("socket")
                if end is not None:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
        self.loop.call_soon_threadsafe(reset)
