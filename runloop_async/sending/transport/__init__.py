"""All that knows aiohttp: two paths to make one attempt, and what its errors mean."""
