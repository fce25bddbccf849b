# frozen_string_literal: true

require "zlib"

module BackupRestore
  # Imitates nothing: dumps of other clients than the machine's, with the knobs dump-newer and dump-older.
  module ForeignDump
    # Clients from 17 on write it, whatever the server is.
    NEWER = "SET transaction_timeout = 0;\n"
    # Clients before August 2025 do not write these.
    NEWER_META_COMMANDS = /\A\\(un)?restrict /

    def self.imitate(file)
      return unless Knobs["dump-newer"] || Knobs["dump-older"]

      lines = Zlib::GzipReader.open(file, &:readlines)
      lines.insert(lines.index { |line| line.start_with?("SET ") }, NEWER) if Knobs["dump-newer"]
      lines.reject! { |line| NEWER_META_COMMANDS.match?(line) } if Knobs["dump-older"]
      Zlib::GzipWriter.open(file) { |gzip| lines.each { |line| gzip.write(line) } }
    end
  end
end
