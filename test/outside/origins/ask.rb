# Holds cases, one as JSON on each line, against the guide's own code, and prints the user or nothing.
require "json"
require_relative "usher"

$stdin.each_line do |line|
  one = JSON.parse(line)
  claims = Usher.identify(one["assertion"], method: one["method"], host: one["host"], path: one["path"])
  puts claims.nil? ? "" : claims["sub"]
rescue Usher::Unavailable
  puts "unavailable"
end
