# frozen_string_literal: true

require_relative "servers"
require_relative "image"

# Whoever starts this in the background may ignore signals; programs that are started here must not inherit that.
%w[HUP INT QUIT USR1 USR2].each { |name| trap(name, "DEFAULT") }

# Cases are sentences; each gets an image and a database of its own.
class Suite
  CASES = []
  Case = Struct.new(:name, :database, :body)
  class Failed < StandardError; end

  def initialize(work, words)
    @servers = Servers.new(work)
    @cases = CASES.select { |one| words.all? { |word| one.name.include?(word) } }
    @failures = 0
    prepare
  end

  def run
    @cases.each_with_index { |one, number| play(one, "case_#{number}") }
    @servers.stop
    passed = @cases.size - @failures
    puts "test result: #{passed} passed; #{@failures} failed; 0 ignored" # as Cargo says it, for those who add up
    puts "#{passed} passed, #{@failures} failed"
    @failures.zero? && !@cases.empty?
  end

  private

  # Most cases begin with a migrated database: migrate once, then copy.
  def prepare
    @servers.create_database("migrated")
    run = Image.new("migrated").job("migrate", "first")
    raise Failed, "cannot migrate: #{File.read('/run/discourse/migrate.log')}" unless run.code.zero?
  end

  def provide(database, kind)
    @servers.create_database(database) if kind == :empty
    @servers.copy_database(database, "migrated") if kind == :migrated
  end

  def play(one, database)
    provide(database, one.database)
    @servers.redis.flushall
    Bench.new(@servers, database, Image.new(database)).instance_eval(&one.body)
    puts "ok      #{one.name}"
  rescue StandardError => e
    @failures += 1
    puts "FAILED  #{one.name}", "        #{e.class}: #{e.message}", *e.backtrace.grep(/tests\/rock/).first(3)
  end
end

# What the body of a case can use.
class Bench
  attr_reader :servers, :image

  def initialize(servers, database, image)
    @servers = servers
    @database = database
    @image = image
  end

  # Rows of the case's own database, as arrays of text.
  def rows(sql)
    connection = servers.admin(@database)
    connection.exec(sql).values
  ensure
    connection&.close
  end

  def equal(expected, actual)
    raise Suite::Failed, "expected #{expected.inspect}, got #{actual.inspect}" unless expected == actual
  end

  def truth(value, text)
    raise Suite::Failed, text unless value
  end
end

# The database of a case: :migrated, :empty or :none.
def test(name, database: :migrated, &body)
  Suite::CASES << Suite::Case.new(name, database, body)
end

work, cases, *words = ARGV
Dir[File.join(cases, "*_test.rb")].sort.each { |file| require file }
$stdout.sync = true
exit Suite.new(work, words).run
