# frozen_string_literal: true

# Imitates BackupFile: what a list says of a backup.
BackupFile = Struct.new(:filename, :size, :last_modified, :source, keyword_init: true)
