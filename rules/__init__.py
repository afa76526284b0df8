"""The judgement: household rules become durable_rules rulesets, and a situation becomes a verdict with reasons."""
