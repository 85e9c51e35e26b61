from drawing import Figure

OUTER = (8, 30, 544, 196)


def start(name, title, desc):
    """Reactor::run, which waits before and after the calls that it makes."""
    figure = Figure(f"call-boxes-{name}", title, desc, 290)
    figure.text(8, 20, "`Reactor::run`")
    figure.text(552, 20, "A box has called the boxes inside it.", "end")
    figure.box(*OUTER, "library")
    figure.wait(0, 8, 104, 128)
    figure.text(56, 118, "waits", "middle")
    figure.wait(0, 456, 552, 128)
    figure.text(504, 118, "waits", "middle")
    figure.time(248)
    return figure


function = start(
    "function",
    "The reactor calls a function",
    """Reactor::run waits. When a timer is due, it calls a function of yours. When the function has
    returned, Reactor::run waits again.""",
)
function.box(104, 88, 352, 80, "ours", ["your function"])
function.legend(274, ["ours", "library"])

descriptor = start(
    "descriptor",
    "The reactor calls a descriptor",
    """Reactor::run waits. When the descriptor is readable, it calls PoetrySocket::doRead, which is
    your code. doRead calls recv until it would block. When doRead has returned, Reactor::run waits
    again.""",
)
descriptor.box(104, 58, 352, 140, "ours")
descriptor.text(116, 80, "`PoetrySocket::doRead`")
descriptor.box(124, 98, 76, 80, "kernel", ["`recv`"])
descriptor.text(212, 143, "until it would block")
descriptor.legend(274, ["ours", "library", "kernel"])

protocol = start(
    "protocol",
    "The reactor calls a descriptor, and the descriptor calls a protocol",
    """Reactor::run waits. When the descriptor is readable, it calls doRead of the TcpClient, which
    is the library's code now. doRead calls recv once and passes the bytes to PoetryProtocol::dataReceived, which is your code. When both have returned, Reactor::run waits
    again.""",
)
protocol.box(104, 58, 352, 140, "library")
protocol.text(116, 80, "`TcpClient::doRead`")
protocol.box(124, 98, 76, 80, "kernel", ["`recv`"])
protocol.box(212, 98, 232, 80, "ours", ["`PoetryProtocol`", "`::dataReceived`"])
protocol.legend(274, ["ours", "library", "kernel"])

figures = [function, descriptor, protocol]
