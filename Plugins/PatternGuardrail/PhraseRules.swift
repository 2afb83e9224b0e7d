/// A phrase that gives an attempt away: words in order, with room between them.
struct PhraseRule: Sendable {
  var detector: Detector
  /// Names the rule in evidence, logs and tests.
  var code: StaticString
  var confidence: Double
  /// Elements, separated by spaces: a word in capitals is a list of `PhraseVocabulary`, `a|b` either word, anything else one word.
  /// A number before an element is how many other words may stand before it; without one it follows at once.
  var pattern: StaticString

  init(_ detector: Detector, _ code: StaticString, _ confidence: Double, _ pattern: StaticString) {
    self.detector = detector
    self.code = code
    self.confidence = confidence
    self.pattern = pattern
  }
}

/// Lists of words that rules name in capitals. All are written as folding leaves them: without accents, in small letters.
enum PhraseVocabulary {
  static let lists: [String: String] = [
    "OVERRIDE": """
    ignore ignoring ignores disregard disregarding forget forgetting override overriding overrule bypass bypassing discard neglect dismiss abandon
    ignoriere ignorieren vergiss vergessen missachte ignora ignorar olvida olvidar ignorez ignorer oubliez oublie ignorare dimentica
    """,
    "PRIOR": """
    previous previously prior above earlier preceding former foregoing initial original system developer vorherigen vorherige bisherigen obigen
    anteriores anterior previas precedentes precedenti
    """,
    "RULES": """
    instruction instructions prompt prompts rule rules guideline guidelines direction directions directive directives command commands context
    constraint constraints restriction restrictions programming orders message messages conversation task tasks anweisung anweisungen
    instruktionen befehle regeln instrucciones ordenes reglas consignes regles istruzioni
    """,
    "ORDERS": "instruction instructions prompt prompts guideline guidelines directive directives programming training restrictions",
    "NOT": "not never don dont cannot mustn shouldn avoid",
    "TELL": "tell inform mention notify alert reveal disclose warn",
    "USER": "user users human humans anyone operator customer victim",
    "AI": "ai assistant assistants llm llms agent agents chatbot gpt chatgpt claude gemini copilot bot model models",
    "LIMITS": """
    restriction restrictions limitation limitations filter filters rules guidelines boundaries constraints censorship morals ethics moral ethical
    """,
    "LEAK": """
    reveal show print repeat output display tell give share leak write expose disclose dump recite provide summarize return copy paste translate
    spell echo
    """,
    "READ": "read open cat load fetch retrieve get extract collect copy grab reads",
    "PASS": "pass send include append attach put provide forward upload post insert transmit supply embed",
    "SENSITIVE":
      "ssh rsa env credentials credential passwd keychain wallet kubeconfig netrc secrets passwords cookies apikey mcp password token tokens",
    "SECRETLY": "secretly silently quietly covertly stealthily discreetly",
    "PERSONA": "unrestricted unfiltered uncensored evil jailbroken dan amoral unethical immoral lawless",
  ]
}

extension PhraseRule {
  static let all: [PhraseRule] = overrides + rolePlays + promptLeaks + toolPoisonings

  private static let overrides = [
    PhraseRule(.instructionOverride, "ignore_previous", 0.9, "OVERRIDE 4 PRIOR 3 RULES"),
    PhraseRule(
      .instructionOverride, "ignore_previous", 0.9,
      "OVERRIDE 3 RULES 3 previous|previously|prior|above|before|earlier|anteriores|precedentes"),
    PhraseRule(.instructionOverride, "ignore_orders", 0.8, "OVERRIDE 2 all|any|every|your|alle|todas|toutes|tutte 2 ORDERS"),
    PhraseRule(
      .instructionOverride, "ignore_everything", 0.8,
      "OVERRIDE 1 everything|anything|all|alles|todo|tout 4 before|above|prior|earlier|said|told|davor|antes"),
    PhraseRule(.instructionOverride, "do_not_follow", 0.8, "NOT 2 follow|obey|adhere|heed 3 PRIOR 2 RULES"),
    PhraseRule(.instructionOverride, "do_not_follow", 0.8, "NOT 2 follow|obey|adhere|heed 2 your 2 RULES"),
    PhraseRule(
      .instructionOverride, "new_task", 0.75,
      "your 1 new|real|actual|true 1 task|instruction|instructions|goal|objective|mission|directive|purpose"),
    PhraseRule(
      .instructionOverride, "follow_these", 0.7,
      "strictly|only|exactly|instead|immediately 1 follow|obey|execute 3 instruction|instructions|orders|commands"),
    PhraseRule(.instructionOverride, "follow_these", 0.7, "follow|obey|execute 3 instruction|instructions|orders|commands 1 instead|only"),
    PhraseRule(
      .instructionOverride, "first_do_this", 0.8,
      "before 1 you 2 solve|complete|continue|proceed|finish|begin|start|answer|perform 6 task|request|question 16 first|following"),
    PhraseRule(.instructionOverride, "first_do_this", 0.7, "do|perform|execute|complete 1 the following 2 first|before|immediately"),
    PhraseRule(
      .instructionOverride, "message_from", 0.75,
      "important|urgent|critical 1 message|notice|instruction|instructions|announcement 2 from 5 user|me|developer|developers|admin|administrator|system|owner|creator|openai|anthropic"
    ),
    PhraseRule(
      .instructionOverride, "message_to_ai", 0.8,
      "important|urgent|critical|attention|special 1 message|note|notice|instruction|instructions 2 to|for 5 AI"),
    PhraseRule(
      .instructionOverride, "message_to_ai", 0.65, "instruction|instructions 1 for|to 3 ai|assistant|llm|llms|agents|chatbot|chatgpt|claude"
    ),
    PhraseRule(.instructionOverride, "message_to_ai", 0.7, "if you 2 an|a 2 ai|llm|language|assistant|chatbot"),
    PhraseRule(.instructionOverride, "system_override", 0.75, "system|admin|administrator|safety|developer|emergency override"),
    PhraseRule(.instructionOverride, "end_of_prompt", 0.65, "end 1 of 2 user|system|prompt 1 input|prompt|message|instructions"),
    PhraseRule(
      .instructionOverride, "bypass_safety", 0.8,
      "bypass|circumvent|evade|violate|ignore|disregard|disable|override 4 content|safety|openai|ethical|security|moderation 2 policy|policies|filter|filters|guidelines|restrictions|rules|measures|guardrails|protocols"
    ),
    PhraseRule(.instructionOverride, "stop_task", 0.65, "stop 1 what you 2 doing"),
  ]

  private static let rolePlays = [
    PhraseRule(.rolePlay, "anything_now", 0.9, "do anything now"),
    PhraseRule(.rolePlay, "you_are_now", 0.9, "you 3 now 3 PERSONA"),
    PhraseRule(.rolePlay, "act_as", 0.85, "act|acting|behave|respond|answer|speak|reply 1 as|like 6 PERSONA"),
    PhraseRule(.rolePlay, "pretend", 0.65, "pretend|pretending 2 you 2 are|re|have|were|can"),
    PhraseRule(.rolePlay, "pretend", 0.65, "pretend to be"),
    PhraseRule(.rolePlay, "from_now_on", 0.7, "from now on 3 you 3 will|are|must|act|respond|answer|speak|have|shall|re"),
    PhraseRule(
      .rolePlay, "special_mode", 0.75,
      "developer|god|dan|admin|sudo|jailbreak|jailbroken|unrestricted|unfiltered mode 3 enabled|activated|on|engaged|initiated|output|response"
    ),
    PhraseRule(
      .rolePlay, "special_mode", 0.75,
      "enable|enter|activate|switch|simulate 4 developer|dan|god|jailbreak|unrestricted|sudo|unfiltered mode"),
    PhraseRule(.rolePlay, "no_limits", 0.75, "you 3 have|has|are|re 3 no|without|free|unbound 3 LIMITS"),
    PhraseRule(
      .rolePlay, "no_limits", 0.75,
      "without|no|regardless|ignoring 2 ethical|moral|safety|legal|content|censorship 3 restrictions|limitations|considerations|concerns|filters|policy|policies|principles|guidelines|constraints|boundaries"
    ),
    PhraseRule(.rolePlay, "no_limits", 0.7, "no longer 1 bound|restricted|limited|constrained 2 by|to"),
    PhraseRule(.rolePlay, "no_limits", 0.7, "NOT 4 abide|adhere|comply|bound|bind 5 guidelines|policies|openai|restrictions|ethics|rules"),
    PhraseRule(.rolePlay, "no_limits", 0.65, "has|have|with no morals|ethics|filters|moral|ethical|restrictions|limitations"),
    PhraseRule(.rolePlay, "persona", 0.75, "PERSONA 3 AI"),
    PhraseRule(.rolePlay, "persona", 0.65, "stay|remain|staying in character"),
    PhraseRule(.rolePlay, "persona", 0.65, "break|breaking|breaks 1 character"),
    PhraseRule(.rolePlay, "never_refuse", 0.65, "you|it|he|she|dan 2 never|cannot|not|can 2 refuse|decline|refuses"),
    PhraseRule(.rolePlay, "jailbreak", 0.65, "jailbreak|jailbroken|jailbreaking"),
  ]

  private static let promptLeaks = [
    PhraseRule(
      .promptLeak, "show_prompt", 0.8,
      "LEAK 5 system|initial|original|hidden|secret|internal|developer|first|full|entire|exact 2 prompt|prompts|instructions|instruction"),
    PhraseRule(.promptLeak, "show_prompt", 0.75, "LEAK 3 your 3 prompt|instructions|guidelines|directives|programming"),
    PhraseRule(.promptLeak, "ask_prompt", 0.75, "what 2 are|is|were|was|s 2 your 3 prompt|instructions|directives|guidelines"),
    PhraseRule(.promptLeak, "ask_prompt", 0.75, "what 2 are|is|were|was|s 2 system|initial|original 1 prompt|instructions"),
    PhraseRule(
      .promptLeak, "repeat_above", 0.75,
      "repeat|output|print|recite|copy|write|echo 3 everything|all|words|text|sentences|content|lines 3 above"),
    PhraseRule(.promptLeak, "repeat_above", 0.7, "starting|starts|begins|beginning 1 with 2 you are"),
  ]

  private static let toolPoisonings = [
    PhraseRule(.toolPoisoning, "do_not_tell", 0.8, "NOT 2 TELL 3 USER"),
    PhraseRule(.toolPoisoning, "do_not_tell", 0.75, "NOT 1 mention|reveal|disclose|talk|speak 8 to|with 2 USER"),
    PhraseRule(.toolPoisoning, "without_telling", 0.75, "without 1 telling|informing|notifying|alerting|mentioning|warning 4 USER"),
    PhraseRule(.toolPoisoning, "without_telling", 0.75, "without 3 user|users|their|anyone 2 knowing|noticing|knowledge|awareness"),
    PhraseRule(.toolPoisoning, "hide", 0.7, "hide|conceal 5 from 2 USER"),
    PhraseRule(.toolPoisoning, "hide", 0.7, "keep|keeping 3 secret|hidden 4 USER"),
    PhraseRule(.toolPoisoning, "must_not_know", 0.75, "user|users|human 2 must|should|doesn|does|shouldn|mustn|need 3 know|notice|aware"),
    PhraseRule(.toolPoisoning, "secretly", 0.75, "SECRETLY 4 send|forward|copy|read|upload|exfiltrate|include|transmit|collect|bcc|pass"),
    PhraseRule(
      .toolPoisoning, "read_and_pass", 0.85,
      "READ 7 SENSITIVE 14 PASS 10 parameter|argument|field|sidenote|param|body|request|metadata|notes"),
    PhraseRule(.toolPoisoning, "read_secrets", 0.8, "READ 6 id rsa"),
    PhraseRule(.toolPoisoning, "read_secrets", 0.75, "READ 6 mcp 1 json"),
    PhraseRule(.toolPoisoning, "read_secrets", 0.65, "READ 6 etc passwd|shadow"),
    PhraseRule(
      .toolPoisoning, "read_secrets", 0.75,
      "before 1 using|calling|use|call|invoking|executing|running 3 tool|function|tools 6 read|open|cat|access 6 file|json|ssh|content|contents|env"
    ),
    PhraseRule(.toolPoisoning, "as_sidenote", 0.8, "PASS 6 as|in|into|to|via 3 sidenote"),
    PhraseRule(
      .toolPoisoning, "other_tools", 0.7,
      "this 2 tool|function 2 overrides|replaces|supersedes|modifies|affects|changes 5 tool|tools|behavior|behaviour"),
    PhraseRule(
      .toolPoisoning, "other_tools", 0.65,
      "when|whenever|if|once 4 tool|function|server 3 called|used|invoked|available|present|loaded 4 must|always|instead"),
    PhraseRule(
      .toolPoisoning, "redirect", 0.7,
      "all|any|every|each 1 email|emails|messages|message|payments|payment|transactions|transfers 2 must|should|have|need 3 sent|forwarded|routed|copied|redirected"
    ),
    PhraseRule(.toolPoisoning, "user_ignored", 0.65, "regardless of 3 user 2 says|asks|wants|requests|said"),
  ]
}
