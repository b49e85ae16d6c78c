import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.SingleValidationMessage;
import java.nio.file.Files;
import java.nio.file.Path;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;

/** Validates files of FHIR R4: a line for each issue, its parts between tabs. */
public final class Validate {
    public static void main(String[] files) throws Exception {
        FhirContext context = FhirContext.forR4();
        ValidationSupportChain definitions = new ValidationSupportChain(
                new DefaultProfileValidationSupport(context),
                new CommonCodeSystemsTerminologyService(context),
                new InMemoryTerminologyServerValidationSupport(context),
                // Codes of LOINC and other systems that are not part of R4 are warned of.
                new UnknownCodeSystemWarningValidationSupport(context));
        FhirValidator validator =
                context.newValidator().registerValidatorModule(new FhirInstanceValidator(definitions));
        for (String file : files) {
            String text = Files.readString(Path.of(file));
            for (SingleValidationMessage issue : validator.validateWithResult(text).getMessages()) {
                System.out.println(String.join("\t",
                        file,
                        String.valueOf(issue.getSeverity()).toLowerCase(),
                        String.valueOf(issue.getLocationString()),
                        String.valueOf(issue.getMessage()).replaceAll("\\s+", " ")));
            }
        }
        System.out.println("done");
    }
}
