# frozen_string_literal: true

# Run a command as in a kernel without IPv6: a filter of system calls lets socket(AF_INET6, ...) fail with EAFNOSUPPORT.
# usage: without_ipv6.rb COMMAND...

require "etc"
require "socket"

# The numbers of prctl and socket; the constants of prctl, seccomp and its small machine are the same everywhere.
PRCTL, SOCKET = { "x86_64" => [157, 41], "aarch64" => [167, 198] }.fetch(Etc.uname[:machine])
NO_NEW_PRIVILEGES = 38
SET_FILTER = [22, 2].freeze
LOAD = 0x20
IS_EQUAL = 0x15
RETURN = 0x06
ALLOW = 0x7fff0000
FAIL = 0x00050000

# The call's number is at 0, its first argument at 16; if it is not equal, so many instructions are left out.
PROGRAM = [
  [LOAD, 0, 0, 0], [IS_EQUAL, 0, 3, SOCKET],
  [LOAD, 0, 0, 16], [IS_EQUAL, 0, 1, Socket::AF_INET6],
  [RETURN, 0, 0, FAIL | Errno::EAFNOSUPPORT::Errno], [RETURN, 0, 0, ALLOW]
].map { |instruction| instruction.pack("SCCL") }.join

$VERBOSE = nil # for `syscall`, which other rubies may lack
syscall(PRCTL, NO_NEW_PRIVILEGES, 1, 0, 0, 0)
filter = [PROGRAM.bytesize / 8, PROGRAM].pack("Sx6P#{PROGRAM.bytesize}")
syscall(PRCTL, *SET_FILTER, [filter].pack("P#{filter.bytesize}").unpack1("J"))
exec(*ARGV)
