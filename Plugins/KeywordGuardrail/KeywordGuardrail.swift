// KeywordGuardrail
